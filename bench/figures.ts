// How the sources are built: `npm run figures`, or `npm run figures -- --at <commit>` for how they were then.
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { exportedTwice } from '../test/exported-twice.ts'
import { arrowsOf, loopsOf, roomOf } from '../test/import-graph.ts'

const at = process.argv.indexOf('--at')
const names = process.argv.includes('--names')
const commit = at === -1 ? null : (process.argv[at + 1] ?? usage())

function usage(): never {
  console.error('npm run figures -- [--at <commit>] [--names]')
  process.exit(2)
}

/** Runs `work` in the folder of the sources: this one, or a copy of what git has of that commit. */
function within(work: (root: string) => void): void {
  if (commit === null) {
    work('.')
    return
  }
  const root = mkdtempSync(join(tmpdir(), 'reflex-figures-'))
  try {
    const archive = execFileSync('git', ['archive', commit, 'src'], { maxBuffer: 1e9 })
    execFileSync('tar', ['-x', '-C', root], { input: archive })
    work(root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

within((root) => {
  const files = globSync('src/**/*.ts', { cwd: root }).toSorted()
  const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
  const arrows = arrowsOf(texts)
  const between = arrows.filter(({ file, target }) => roomOf(file) !== roomOf(target))
  const rooms = new Map<string, string[]>()
  for (const { file, target } of between) rooms.set(roomOf(file), [...(rooms.get(roomOf(file)) ?? []), roomOf(target)])
  const next = Map.groupBy(arrows, ({ file }) => file)
  const fileLoops = loopsOf(new Map([...next].map(([file, all]) => [file, all.map(({ target }) => target)])))
  const lines = [...texts].map(([file, text]) => ({ file, lines: text.split('\n').length - 1 }))
  const byLength = lines.toSorted((a, b) => b.lines - a.lines)
  const casts = [...texts.values()].reduce((sum, text) => sum + (text.match(/\bas unknown as\b/g)?.length ?? 0), 0)
  const twice = exportedTwice(texts)
  const longest = byLength[0]!
  const figures: readonly (readonly [string, string | number])[] = [
    ['files', files.length],
    ['files loose in src/', files.filter((file) => dirname(file) === 'src').length],
    ['folders in a loop', loopsOf(rooms).flat().length],
    ['files in a loop', fileLoops.flat().length],
    [
      'import arrows between folders',
      new Set(between.map(({ file, target }) => `${roomOf(file)} ${roomOf(target)}`)).size
    ],
    ['imports between folders', between.length],
    ['as unknown as', casts],
    ['median file, lines', byLength[Math.floor(byLength.length / 2)]!.lines],
    ['longest file, lines', `${longest.lines} (${longest.file})`],
    ['files of more than 250 lines', lines.filter((one) => one.lines > 250).length],
    ['exported names defined twice', twice.size]
  ]
  console.log(commit === null ? 'the working tree' : `commit ${commit}`)
  for (const [name, value] of figures) console.log(`${name.padEnd(32)}${value}`)
  if (names) for (const [name, where] of twice) console.log(`  ${name}: ${where.join(', ')}`)
})
