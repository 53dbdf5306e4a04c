import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { mostCost } from '../src/core/condition-cost.ts'
import { wireLimits } from '../src/handlers/wire.ts'

const docs = new URL('../docs/', import.meta.url)
const readText = (name: string): string => readFileSync(new URL(name, docs), 'utf8')

/** Tests that a text names, as links of Markdown: the title of a test, and its file. */
function testsNamed(text: string): readonly { readonly title: string; readonly file: string }[] {
  return [...text.matchAll(/\[([^\]]+)\]\(\.\.\/(test\/[\w./-]+\.ts)\)/g)].map(([, title, file]) => ({
    title: title!,
    file: file!
  }))
}

const quoted = String.raw`(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|\`((?:\\.|[^\`\\])*)\`)`
/** Where a file says what a test, or a row in a table of cases, is called. */
const titled = [
  String.raw`\btest\(\s*${quoted}`,
  // A row: the key of an object, or what a list begins with.
  String.raw`^\s*${quoted}: [\[{(\w]`,
  String.raw`^\s*\[\s*${quoted},`
].map((pattern) => new RegExp(pattern, 'gm'))

/** Titles in the source of a test, as people read them. */
const titlesIn = (source: string): readonly string[] =>
  titled.flatMap((pattern) =>
    [...source.matchAll(pattern)].map(([, a, b, c]) => (a ?? b ?? c!).replace(/\\(['"`])/g, '$1'))
  )

/** One word would be part of many titles. */
const saysEnough = (title: string): boolean => title.trim().split(/\s+/).length >= 3

t.test('a title is that of a test or of a row, and no other text of a file', async (t) => {
  const source = [
    "import { a } from './a title that is none.ts'",
    '// a title in a comment',
    "t.test('what it\\'s called', async (t) => {",
    '  const said = "a title in a text"',
    'test(',
    '  `${'.concat('path}: a long one`,'),
    "  'what a row is': share({ a: 1 }),",
    "  ['what a list begins with', 1]"
  ].join('\n')
  t.strictSame(titlesIn(source), [
    "what it's called",
    '$'.concat('{path}: a long one'),
    'what a row is',
    'what a list begins with'
  ])
})

for (const name of ['threat-model.md', 'security.md'])
  t.test(`every test that docs/${name} names is there, by its title`, async (t) => {
    for (const { title, file } of testsNamed(readText(name))) {
      if (title === 'a test') continue
      const url = new URL(`../${file}`, import.meta.url)
      if (!existsSync(url)) t.fail(`${file} is not there`)
      else if (!saysEnough(title)) t.fail(`${file}: '${title}' is too short to be one test`)
      else if (!titlesIn(readFileSync(url, 'utf8')).some((one) => one.includes(title)))
        t.fail(`${file} has no test of the name '${title}'`)
    }
  })

t.test('every claim of the threat model names the test that holds it', async (t) => {
  const claims = readText('threat-model.md')
    .split('\n')
    .filter((line) => /^\| [A-F](, [A-F])* \| /.test(line) && line.split(' | ').length >= 4)
  t.ok(claims.length >= 50, `${claims.length} claims`)
  for (const claim of claims) if (testsNamed(claim.split(' | ').at(-1)!).length === 0) t.fail(claim)
})

t.test('every attacker of the threat model has a section', async (t) => {
  const text = readText('threat-model.md')
  const table = text.split('## Who may want to')[1]!.split('\n\n')[1]!
  const attackers = [...table.matchAll(/^\| ([^|]+?) \|/gm)].map(([, name]) => name!).slice(2)
  t.ok(attackers.length >= 8)
  const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, name]) => name!.toLowerCase())
  for (const one of attackers) t.ok(sections.includes(one.toLowerCase()), one)
})

t.test('every section of docs/security.md names the tests that hold it', async (t) => {
  const sections = readText('security.md').split(/^## /m).slice(1)
  for (const section of sections)
    t.ok(testsNamed(section).length > 0, `${section.split('\n')[0]}: names a test, or it is a promise only`)
})

t.test('what docs/security.md says that anybody may cost is what is set', async (t) => {
  const { connections, ofOnePeer, headersMs, requestMs } = wireLimits
  const told = readText('security.md').split('## What anybody may cost')[1]!
  for (const row of [
    `| one address | ${ofOnePeer} connections (${connections.toLocaleString('en')} in all)`,
    `| a request | ${headersMs / 1000} s for its headers, ${requestMs / 1000} s for all of it`,
    `| ${mostCost.characters.toLocaleString('en')} characters and lists of ${mostCost.entries} entries`
  ])
    t.ok(told.includes(row), row)
})
