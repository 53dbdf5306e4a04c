import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { exportedTwice } from './exported-twice.ts'
import { arrowsOf, loopsOf, roomOf } from './import-graph.ts'

const files = globSync('src/**/*.ts')
const arrows = arrowsOf(new Map(files.map((file) => [file, readFileSync(file, 'utf8')])))
const byFile = Map.groupBy(arrows, ({ file }) => file)
const graph = new Map(files.map((file) => [file, (byFile.get(file) ?? []).map(({ target }) => target)]))
const betweenRooms = arrows.filter(({ file, target }) => roomOf(file) !== roomOf(target))

t.test('a loop is found, and what leads nowhere back is none', async (t) => {
  const next = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', ['a']],
    ['d', ['e']],
    ['e', []]
  ])
  t.same(
    loopsOf(next).map((loop) => loop.toSorted()),
    [['a', 'b', 'c']]
  )
})

t.test('src/ holds server.ts and folders', async (t) => {
  t.ok(arrows.length > 1000, `${arrows.length} imports were read`)
  t.same(globSync('src/*.*'), ['src/server.ts'])
})

t.test('no file leads back to itself', async (t) => t.same(loopsOf(graph), []))

t.test('no folder leads back to itself', async (t) => {
  const rooms = Map.groupBy(betweenRooms, ({ file }) => roomOf(file))
  const next = new Map([...rooms].map(([room, all]) => [room, [...new Set(all.map((one) => roomOf(one.target)))]]))
  const loops = loopsOf(next).map((loop) =>
    betweenRooms.filter(({ file, target }) => loop.includes(roomOf(file)) && loop.includes(roomOf(target)))
  )
  for (const loop of loops)
    t.fail(`these folders lead to each other:\n${loop.map(({ file, target }) => `  ${file} → ${target}`).join('\n')}`)
})

/** Whom each may import besides itself; whoever is not named here may import all that makes no loop. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  events: ['base', 'core'],
  core: ['base', 'events'],
  config: ['base', 'core', 'events'],
  store: ['base', 'core', 'events'],
  ui: []
}
/** Through these people and machines come in; a feature knows none of them. */
const faces = ['cli', 'handlers', 'slack', 'doctor', 'process', 'server.ts']

t.test('the middle knows nothing of its edges, and a feature knows no face', async (t) => {
  for (const { file, target } of betweenRooms) {
    const [from, to] = [roomOf(file), roomOf(target)]
    const allowed = mayImport[from]
    if (allowed !== undefined && !allowed.includes(to))
      t.fail(`${file} imports ${target}; ${from} may import ${allowed.join(', ') || 'nobody'}`)
    if (/^(policies|clients)\b/.test(from) && faces.includes(to)) t.fail(`${file} imports ${target}, which is a face`)
  }
})

t.test('an exported name has one meaning', async (t) => {
  t.strictSame(
    exportedTwice(
      new Map([
        ['a.ts', 'export const one = 1'],
        ['b.ts', 'export function one() {}\nexport type Two = 2']
      ])
    ),
    new Map([['one', ['a.ts', 'b.ts']]])
  )
  for (const [name, where] of exportedTwice(new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))))
    t.fail(`${name} is defined in ${where.join(', ')}`)
})

t.test('only open.ts knows what a journal is kept in', async (t) => {
  const everywhere = globSync('{src,test,bench,sim,lab}/**/*.ts')
  const importers = arrowsOf(new Map(everywhere.map((file) => [file, readFileSync(file, 'utf8')]))).filter(
    ({ target }) => /^src\/store\/(sqlite|postgres)\//.test(target)
  )
  const may = /^(src\/store\/(open\.ts|sqlite\/)|test\/store\/)/
  t.ok(importers.some(({ file }) => file === 'src/store/open.ts'))
  t.same(
    importers.filter(({ file }) => !may.test(file)),
    []
  )
  const files = globSync('src/**/*.ts').filter((file) => /'node:sqlite'/.test(readFileSync(file, 'utf8')))
  t.same(
    files.filter((file) => !file.startsWith('src/store/sqlite/')),
    []
  )
})

t.test(
  '@kubernetes/client-node and the edges’ libraries are not imported where they would cost every start',
  async (t) => {
    const libraries: Record<string, RegExp> = {
      amqplib: /^src\/(consumers\/|process\/consume-thread)/,
      '@slack/web-api': /^$/,
      '@kubernetes/client-node': /^$/,
      'prom-client': /^$/,
      './slack-library.ts': /^$/,
      './prom-client.ts': /^$/
    }
    for (const file of globSync('src/**/*.ts'))
      for (const [library, where] of Object.entries(libraries)) {
        const statically = new RegExp(`(?:^|\\n)import (?!type)[^\\n]*'${library}'`).test(readFileSync(file, 'utf8'))
        if (statically && !where.test(file)) t.fail(`${file} imports ${library} at start`)
      }
    t.match(readFileSync('src/base/metrics.ts', 'utf8'), /await import\('\.\/prom-client\.ts'\)/)
    t.match(readFileSync('src/clients/slack/slack.ts', 'utf8'), /import\('\.\/slack-library\.ts'\)/)
    t.match(readFileSync('src/clients/kubernetes/calls.ts', 'utf8'), /await import\('@kubernetes\/client-node'\)/)
  }
)

t.test('no CommonJS package is imported dynamically: in the production bundle that gives only `default`', async (t) => {
  const late = new Set<string>()
  for (const file of globSync('src/**/*.ts'))
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?<!typeof )\bimport\('([^.'][^']*)'\)(?!\.)/g))
      if (!name!.startsWith('node:')) late.add(name!)
  t.ok(late.size > 0, [...late].join(', '))
  for (const name of late) {
    const { type } = JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8')) as { type?: string }
    t.equal(type, 'module', `${name} is loaded late, so it must be an ES module, or be loaded by a module of ours`)
  }
})

t.test(
  'no action looks at the stop by itself: whatever its call waits for then, the look would be older than the call',
  (t) => {
    for (const file of globSync('src/policies/*/actions/**/*.ts'))
      if (/\bbeforeChange\(/.test(readFileSync(file, 'utf8')))
        t.fail(`${file} calls beforeChange; let the client do it: { before: context.beforeChange }`)
    t.end()
  }
)
