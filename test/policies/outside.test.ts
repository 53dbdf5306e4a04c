import { globSync, readFileSync } from 'node:fs'
import t from 'tap'

/** Lines of the product outside a policy's folder that have to do with it, as `file: line`. */
function linesOutside(folder: string, words: RegExp): readonly string[] {
  return globSync('src/**/*.ts')
    .filter((file) => !file.startsWith(`src/policies/${folder}/`))
    .flatMap((file) => {
      const lines = readFileSync(file, 'utf8').split('\n')
      return lines.filter((line) => words.test(line)).map((line) => `${file}: ${line.trim()}`)
    })
    .sort()
}

t.test('server-hygiene is its folder, and a line where policies and where views are listed', async (t) => {
  const lines = linesOutside('server-hygiene', /server-?hygiene|hygieneRows/i)
  t.comment(`outside src/policies/server-hygiene/:\n${lines.join('\n')}`)
  t.strictSame(
    lines.map((line) => line.replace(/: .*/, '')),
    ['src/policies/index.ts', 'src/policies/index.ts', 'src/policies/views.ts', 'src/policies/views.ts'],
    'an import and an entry in each'
  )
})
