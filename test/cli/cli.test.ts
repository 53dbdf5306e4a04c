import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../src/cli/cli.ts'
import type { Context } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/index.ts'
import { cloudsFile } from '../clients/openstack/clouds-entry.ts'
import { build } from '../handlers/build.ts'
import { booted, journalOf } from '../handlers/story.ts'

/** Runs one command line; what it asked for is in `opened`. */
async function run(line: readonly string[], more: Partial<Context> = {}) {
  const texts = { out: '', err: '' }
  const opened: string[] = []
  const code = await main(line, {
    env: {},
    cwd: '/nowhere',
    out: (text) => {
      texts.out += text
    },
    err: (text) => {
      texts.err += text
    },
    openJournal: async (path) => {
      opened.push(path)
      return journalOf(booted)
    },
    fetch,
    ...more
  })
  return { code, ...texts, opened }
}

t.test('explain reads the local journal', async (t) => {
  const { code, out, opened } = await run(['explain', 'web-1.dev.lab'])
  t.equal(code, 0)
  t.match(out, 'ACT: web-1.dev.lab. A: [10.0.0.5] is missing')
  t.strictSame(opened, ['/nowhere/.data/simulated.db'])
})

t.test('explain reads the journal that the configuration names, without its secrets', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'reflex-cli-'))
  writeFileSync(
    join(cwd, 'reflex.yaml'),
    `clusters: { dev: { cloud: dev, tier: bursty } }
notifications: [{ cloud: lab, region: R1, url: { env: GONE } }]
journal: { path: data/j.db }
`
  )
  t.strictSame((await run(['explain', '1'], { cwd })).opened, [`${cwd}/data/j.db`])
})

t.test('explain --json', async (t) => {
  const { code, out } = await run(['explain', '--json', '1'])
  t.equal(code, 0)
  t.match(JSON.parse(out), { found: true, decisions: [{ id: 2 }, { id: 3 }, { id: 4 }] })
})

t.test('explain asks a running server where REFLEX_URL is set', async (t) => {
  const REFLEX_URL = await build(t).listen({ port: 0 })
  const openJournal = () => t.fail('not the file') as never
  const { code, out } = await run(['explain', 'web-1.dev.lab'], { env: { REFLEX_URL }, openJournal })
  t.equal(code, 0)
  t.equal(out, (await run(['explain', 'web-1.dev.lab'])).out, 'and says the same')
  const nothing = await run(['explain', 'web-9'], { env: { REFLEX_URL }, openJournal })
  t.equal(nothing.code, 1)
  t.match(nothing.err, "the journal knows nothing about 'web-9'")
  const gone = await run(['explain', '1'], { env: { REFLEX_URL: 'http://127.0.0.1:1' }, openJournal })
  t.equal(gone.code, 3)
  t.match(gone.err, 'http://127.0.0.1:1 (REFLEX_URL) cannot be asked: ')
})

t.test('explain without a journal, or without a find', async (t) => {
  const none = await run(['explain', '1'], { openJournal: async () => null })
  t.equal(none.code, 3)
  t.match(none.err, 'there is no journal at /nowhere/.data/simulated.db: start the product here first')
  const nothing = await run(['explain', 'web-9'])
  t.equal(nothing.code, 1)
  t.match(nothing.out, "The journal knows nothing about 'web-9'.")
})

t.test('check prints every problem, or that all is right', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'reflex-cli-'))
  writeFileSync(join(cwd, 'bad.yaml'), 'clusters: {}\nsweep: { every: 10 }\n')
  writeFileSync(join(cwd, 'good.yaml'), 'clusters: { dev: { cloud: dev, tier: bursty } }\n')
  writeFileSync(join(cwd, 'clouds.yaml'), cloudsFile(['dev']))
  const bad = await run(['check', 'bad.yaml'], { cwd })
  t.equal(bad.code, 1)
  t.match(bad.err, /^bad.yaml:1:11 {2}clusters.*\nbad.yaml:2:17 {2}sweep.every.*\n2 problems in the configuration\n$/)
  const good = await run(['check', 'good.yaml'], { cwd })
  t.equal(good.code, 0)
  t.equal(good.out, 'good.yaml is right: 1 clusters, 0 brokers, policies: none\n')
  t.equal((await run(['check'], { cwd })).code, 0, 'no file is the simulated cloud')
  t.match(JSON.parse((await run(['check', '--schema'])).out), { type: 'object', required: ['clusters'] })
})

t.test('a command line that is not understood', async (t) => {
  const cases: readonly [readonly string[], string][] = [
    [['explian', 'x'], "reflex: there is no command 'explian'; did you mean 'explain'?\n"],
    [['xyzzy'], `reflex: there is no command 'xyzzy'; commands are: ${commands.map((one) => one.name).join(', ')}\n`],
    [['explain'], 'reflex explain: about what?\nusage: reflex explain '],
    [['explain', 'a', '--jsn'], 'reflex explain: there is no option --jsn, did you mean --json?\n'],
    [['check', '--x'], 'reflex check: there is no option --x\n']
  ]
  for (const [line, expected] of cases) {
    const { code, err } = await run(line)
    t.equal(code, 2, line.join(' '))
    t.ok(err.startsWith(expected), err)
  }
  const { code, out } = await run([])
  t.equal(code, 2)
  for (const { usage } of commands) for (const way of usage.split('\n')) t.match(out, way.trim())
})

t.test('--version says which build it is', async (t) => {
  for (const word of ['--version', '-V'])
    t.match(await run([word], { env: { REFLEX_BUILD: '1.2.3' } }), { code: 0, out: 'reflex 1.2.3\n', err: '' })
})

t.test('each command says how it is used, and does nothing else', async (t) => {
  for (const { name, summary } of commands) {
    for (const line of [
      [name, '--help'],
      [name, 'prod', '-h'],
      [name, '--json', '--help', 'x']
    ]) {
      const { code, out, err, opened } = await run(line)
      t.match({ code, err, opened }, { code: 0, err: '', opened: [] }, line.join(' '))
      t.ok(out.startsWith(`${summary}\n\nusage: reflex ${name}`), line.join(' '))
    }
  }
  const { out } = await run(['explain', '--', '--help'])
  t.notMatch(out, 'usage:', 'behind -- everything is a word')
})
