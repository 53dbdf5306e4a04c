import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'

const docs = new URL('../docs/', import.meta.url)
const readText = (name: string): string => readFileSync(new URL(name, docs), 'utf8')

/** Tests that a text names, as links of Markdown: the title of a test, and its file. */
function testsNamed(text: string): readonly { readonly title: string; readonly file: string }[] {
  return [...text.matchAll(/\[([^\]]+)\]\(\.\.\/(test\/[\w./-]+\.ts)\)/g)].map(([, title, file]) => ({
    title: title!,
    file: file!
  }))
}

/** What a title is in the source of a test: quotes of any kind, and escaped ones. */
const plain = (text: string): string => text.replace(/\\(['"`])/g, '$1')

for (const name of ['threat-model.md', 'security.md'])
  t.test(`every test that docs/${name} names is there, by its title`, async (t) => {
    for (const { title, file } of testsNamed(readText(name))) {
      const url = new URL(`../${file}`, import.meta.url)
      if (!existsSync(url)) t.fail(`${file} is not there`)
      else if (title !== 'a test') t.ok(plain(readFileSync(url, 'utf8')).includes(title), `${file}: ${title}`)
    }
  })

t.test('every claim of the threat model names the test that holds it', async (t) => {
  const claims = readText('threat-model.md')
    .split('\n')
    .filter((line) => /^\| [A-F](, [A-F])* \|/.test(line))
  t.ok(claims.length >= 40, `${claims.length} claims`)
  for (const claim of claims) if (testsNamed(claim).length === 0) t.fail(claim)
})

t.test('every section of docs/security.md names the tests that hold it', async (t) => {
  const sections = readText('security.md').split(/^## /m).slice(1)
  for (const section of sections)
    t.ok(testsNamed(section).length > 0, `${section.split('\n')[0]}: names a test, or it is a promise only`)
})
