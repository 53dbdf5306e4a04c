import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { Context } from '../../src/cli/command.ts'
import { doctorCommand } from '../../src/cli/doctor.ts'
import { diagnose } from '../../src/doctor/run.ts'
import { lockJournal, openJournal } from '../../src/store/open.ts'
import { configText, found, world } from './world.ts'

async function run(args: readonly string[], cwd: string) {
  const out: string[] = []
  const err: string[] = []
  const context = { env: {}, cwd, out: (text: string) => out.push(text), err: (text: string) => err.push(text) }
  const code = await doctorCommand.run(args, context as unknown as Context)
  return { code, out: out.join(''), err: err.join('') }
}

t.test('without a configuration only the journal is looked at', async (t) => {
  const cwd = t.testdir()
  const examined = await diagnose({ env: {}, cwd })
  t.match(found(examined).at('ok', 'configuration')[0], /the product runs on the simulated cloud/)
  t.match(found(examined).at('ok', 'journal', 'simulated.db')[0], /not there yet/)
  t.equal(found(examined).levels.failure, 0)
  t.same(
    examined.filter(({ findings }) => findings.length > 0).map(({ check }) => check),
    ['product', 'configuration', 'journal']
  )
  t.same(readdirSync(cwd), [], 'nothing was written')
})

t.test('text for people, JSON for machines, and an exit code for both', async (t) => {
  const w = await world(t)
  await w.examine()
  const { code, out } = await run([], w.cwd)
  t.equal(code, 0)
  t.match(out, /^product\n {2}OK {4}here: no product runs on .*\n[\s\S]*\nconfiguration\n/)
  t.match(out, / {2}WARN {2}notifications: no broker is named.*\n {8}→ name the broker/)
  t.match(out, /\n0 failed, 1 warnings, \d+ well\n$/)
  w.entry('dev', { auth: { password: 'wrong' } })
  await w.examine()
  const json = await run(['--json'], w.cwd)
  t.equal(json.code, 1)
  const parsed = JSON.parse(json.out) as { check: string; findings: { level: string; remedy: string }[] }[]
  t.match(
    parsed.find(({ check }) => check === 'credentials')?.findings.find(({ level }) => level === 'failure'),
    { remedy: /openstack --os-cloud dev token issue/ }
  )
  t.match(await run(['--jsn'], w.cwd), { code: 2, out: '', err: /no option --jsn/ })
})

t.test('mistakes in the configuration', async (t) => {
  const w = await world(t, { config: 'clusters: {}\npolices: {}\n' })
  const { at } = await w.examine()
  t.equal(at('failure', 'configuration').length, 2)
  t.match(at('failure', 'configuration').join('\n'), /polices.*did you mean 'policies'\?.* → correct it there/)
  w.write('reflex.yaml', configText({ clusters: 'dev: { cloud: dve, tier: bursty }' }))
  t.match(
    (await w.examine()).at('failure', 'configuration')[0],
    /cloud entry dve: .*no cloud has this name.* → correct the entry 'dve'/
  )
  w.write('reflex.yaml', configText({ mode: 'off' }))
  t.match((await w.examine()).at('warning', 'configuration', 'policies')[0], /none is on.* → set the mode/)
})

t.test('the journal', async (t) => {
  const w = await world(t)
  const path = `${w.cwd}/journal.db`
  const journal = await openJournal({ path })
  const id = await journal.installId()
  t.match(
    (await w.examine()).at('ok', 'journal', 'journal.db')[0],
    new RegExp(`installation ${id}, 0 events`),
    'in use'
  )
  await journal.close()
  const before = readdirSync(w.cwd)
  t.match((await w.examine()).at('ok', 'journal', 'journal.db')[0], new RegExp(`installation ${id}`))
  t.same(readdirSync(w.cwd), before, 'no file beside it')

  const full = await w.examine({ freeBytes: () => 50 * 1024 * 1024 })
  t.match(full.at('failure', 'journal')[0], /50 MiB free → make room/)
  const nearly = await w.examine({ freeBytes: () => 500 * 1024 * 1024 })
  t.match(nearly.at('warning', 'journal')[0], /500 MiB free → make room/)

  const foreign = await w.examine({ mayWrite: () => false })
  t.match(foreign.at('failure', 'journal', 'journal.db')[0], /may not be written by this user → let the user/)
  rmSync(path)
  t.match((await w.examine({ mayWrite: () => false })).at('failure', 'journal')[0], /may not be written by this user/)
  new DatabaseSync(path).exec('create table meta (key, value); create table event (seq)')
  t.match((await w.examine()).at('failure', 'journal')[0], /has no installation id: .* → restore a backup/)
  rmSync(path)
  writeFileSync(path, 'this is no database, it is a text of some length')
  t.match((await w.examine()).at('failure', 'journal')[0], /cannot be read: .* → restore a backup/)
})

t.test('what a running product says of itself', async (t) => {
  const checks = [
    { name: 'broker lab/RegionOne', level: 'ok', detail: 'connected, 4 exchanges' },
    { name: 'cloud infra/dns', level: 'warning', detail: 'left alone' },
    { name: 'journal', level: 'failure', detail: 'no answer within 2000 ms' }
  ]
  const product = createServer(
    (_, response) =>
      void response.writeHead(503, { 'x-stackreflex': 'i1' }).end(JSON.stringify({ ready: false, checks }))
  )
  await new Promise<void>((resolve) => product.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    product.closeAllConnections()
    product.close()
  })
  const w = await world(t, { config: configText({ port: (product.address() as AddressInfo).port }) })
  const { at } = await w.examine()
  t.match(at('ok', 'product'), [
    /here: no product runs on /,
    /: installation i1 /,
    /running product: broker lab\/RegionOne: connected, 4 exchanges/
  ])
  t.match(at('warning', 'product'), [/cloud infra\/dns: left alone → docs\/operations.md/])
  t.match(at('failure', 'product'), [/journal: no answer/])
})

t.test('whether a product runs at all comes first; what is none is not taken for one', async (t) => {
  const other = createServer((_, response) => void response.end('{"checks":[]}'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    other.closeAllConnections()
    other.close()
  })
  const { port } = other.address() as AddressInfo
  const w = await world(t, { config: configText({ port }) })
  t.match((await w.examine()).at('warning', 'product'), [/is no Stackreflex: something else answers there → stop that/])
  const lock = lockJournal(`${w.cwd}/journal.db`)
  const running = await w.examine()
  lock.release()
  t.match(running.at('ok', 'product'), [new RegExp(`here: a product runs on .* \\(pid ${process.pid}\\)`)])
  t.match(running.at('failure', 'product'), [/is no Stackreflex/])
  const named = await diagnose({ env: { REFLEX_URL: `http://127.0.0.1:${port}` }, cwd: t.testdir() })
  t.match(named[0], { check: 'product', findings: [{ level: 'ok' }, { level: 'failure', found: /is no Stackreflex/ }] })
  const gone = await diagnose({ env: { REFLEX_URL: 'http://127.0.0.1:1' }, cwd: t.testdir() })
  t.match(gone[0], { findings: [{ level: 'ok' }, { level: 'failure', remedy: /correct REFLEX_URL/ }] })
})
