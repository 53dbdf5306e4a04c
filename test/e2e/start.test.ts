import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { StartError } from '../../src/process/configure.ts'
import { lockJournal, openJournal } from '../../src/store/open.ts'
import { said } from '../cli/product.ts'
import { simCloud } from '../clients/sim-cloud.ts'
import { until } from './doors.ts'
import { entry, imageOptions, startProduct } from './running.ts'

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'reflex-start-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return path
}

t.test(
  'without a reflex.yaml it says so, runs on the simulated cloud, DNS changes come by themselves, and what dev opens is closed',
  async (t) => {
    const said: string[] = []
    const running = await startProduct({ PORT: '0' }, folder(t), (line) => said.push(line))
    t.teardown(() => running.close())
    t.match(said.join('\n'), /no reflex\.yaml.*simulated cloud, enforcing[\s\S]*is up: http:\/\/127\.0\.0\.1:\d+/)
    const json = async (path: string) => (await fetch(running.url + path)).json()
    t.match(await json('/readyz'), { ready: true, simulated: true, modes: { 'dns-records': 'enforce' } })

    type Item = { type: string; state: string; requestId: string; decision: number }
    let done: Item | undefined
    for (let tries = 0; tries < 200 && done === undefined; tries++) {
      const { items } = (await json('/api/v1/actions')) as { items: Item[] }
      done = items.find((action) => action.type === 'recordset-set' && action.state === 'done')
      await sleep(50)
    }
    t.ok(done, 'a record was set')
    type Quota = { groups: { group: string; resources: { sum: number | null; capacity: number }[] }[] }
    let shared: Quota = { groups: [] }
    // While something is moved, who gives has given and who gets has not got it yet.
    const allGiven = () => shared.groups[0]?.resources.every(({ sum, capacity }) => sum === capacity) === true
    for (let tries = 0; tries < 200 && !allGiven(); tries++) {
      shared = (await json('/api/v1/quota')) as Quota
      await sleep(50)
    }
    t.match(shared, { groups: [{ group: 'company' }] })
    for (const { sum, capacity } of shared.groups[0]!.resources) t.equal(sum, capacity, 'all of it is given')
    const { items: events } = (await json('/api/v1/events?type=compute.instance.create.end')) as {
      items: { reason: string | null }[]
    }
    t.equal(events[0]?.reason, null, 'the boot woke a lane')
    const page = await (await fetch(running.url)).text()
    t.match(page, /Stackreflex/)

    // Within the first minutes somebody opens a port of dev to the world.
    type Finding = { from: string; state: string; userId: string | null }
    let closed: Finding | undefined
    for (let tries = 0; tries < 800 && closed === undefined; tries++) {
      const { history } = (await json('/api/v1/isolation')) as { history: Finding[] }
      closed = history.find(({ from, state }) => from === 'dev' && state === 'fixed')
      await sleep(50)
    }
    t.match(closed, { userId: String }, 'it was found, with who did it, and closed')
  }
)

t.test('a second process on the same journal is refused', async (t) => {
  const cwd = folder(t)
  const first = await startProduct({ PORT: '0' }, cwd, () => {})
  t.teardown(() => first.close())
  writeFileSync(
    join(cwd, 'reflex.yaml'),
    `clusters: { dev: { cloud: dev, tier: bursty } }
policies: { dns-records: { settings: { cloud: dev, fixed: { zone: cloud.lab. } } } }
journal: { path: .data/simulated.db }
`
  )
  await t.rejects(
    startProduct({ PORT: '0' }, cwd, () => {}),
    { message: /another stackreflex \(pid \d+\) uses/ }
  )
})

t.test('two people of the simulated company: who asks does not approve, the other does', async (t) => {
  const cwd = folder(t)
  const told: string[] = []
  const running = await startProduct({ PORT: '0' }, cwd, (line) => told.push(line))
  t.teardown(() => running.close())
  // The product that runs as a process says that it is up, and then who there is.
  const people = () => /\n {2}ALICE=(\S+)\n {2}BOB=(\S+)\n/.exec(told.join('\n')) ?? undefined
  const [, ALICE = '', BOB = ''] = await until('the people', people)
  t.match(told.join('\n'), `export REFLEX_URL=${running.url}\n`)
  const run = (REFLEX_TOKEN: string, ...line: string[]) =>
    said(line, { env: { REFLEX_URL: running.url, REFLEX_TOKEN }, cwd })
  const asked = await run(ALICE, 'restart', 'erpnext', 'on', 'prod')
  t.match(asked.out, /the restart of erpnext on prod is decided \(decision \d+\): 1 step is held by rule approval/)
  const [, id = ''] = /`reflex approve (\d+)`/.exec(asked.out) ?? []
  t.match((await run(ALICE, 'approvals')).out, new RegExp(`^${id} +open .*erpnext`, 'm'))
  const own = await run(ALICE, 'approve', id)
  t.equal(own.code, 1)
  t.match(own.err, /alice .*asked/)
  const other = await run(BOB, 'approve', id)
  t.equal(other.code, 0)
  t.match(other.out, `approval ${id} granted; decided again `)
  t.match((await run('', 'stop', 'prod')).err, /token/, 'nobody does anything without one')

  const page = (await (await fetch(`${running.url}/api/v1/simulated-people`)).json()) as { items: object[] }
  t.match(page.items, [
    { actor: 'alice', token: ALICE },
    { actor: 'bob', token: BOB }
  ])
  for (const file of readdirSync(join(cwd, '.data')))
    for (const token of [ALICE, BOB]) t.notOk(readFileSync(join(cwd, '.data', file)).includes(token), `not in ${file}`)
})

t.test('`reflex adopt` does what `reflex explain` says, on the simulated cloud too', async (t) => {
  const cwd = folder(t)
  const running = await startProduct({ PORT: '0' }, cwd, () => {})
  t.teardown(() => running.close())
  const opened = (path: string) => openJournal({ path })
  const none = await said(['adopt', 'nowhere.cloud.lab'], { cwd, openJournal: opened })
  t.equal(none.code, 1)
  t.match(none.err, /^nothing to adopt at nowhere\.cloud\.lab: /)
  t.match(none.err, '`reflex dns nowhere.cloud.lab` shows which')
})

t.test('a second `npm start` in the folder of a running demo touches nothing, and says what to do', async (t) => {
  const cwd = folder(t)
  const data = join(cwd, '.data')
  const lock = lockJournal(join(data, 'simulated.db'))
  t.teardown(() => lock.release())
  const files = ['simulated.db', 'simulated.db-wal', 'simulated.db-shm', 'simulated.kubeconfig']
  for (const file of files) writeFileSync(join(data, file), `${file} of the running one`)
  const said: string[] = []
  const refused = await startProduct({ PORT: '1' }, cwd, (line) => said.push(line)).catch((thrown: Error) => thrown)
  t.match(
    (refused as Error).message,
    new RegExp(
      `^another stackreflex \\(pid ${process.pid}\\) uses .*: stop it \\(\`kill ${process.pid}\`\\), or .*folder`,
      'm'
    )
  )
  // Of a process only what it said is known.
  if (process.env.REFLEX_TEST_DIST === undefined) t.match(refused, { code: 'JOURNAL' })
  for (const file of files) t.equal(readFileSync(join(data, file), 'utf8'), `${file} of the running one`)
  t.same(readdirSync(data).sort(), [...files, 'simulated.db.lock'].sort(), 'and nothing was made beside them')

  const child = spawnSync(process.execPath, [...imageOptions, entry('server')], {
    cwd,
    env: { ...process.env, PORT: '1', REFLEX_CONFIG: '' },
    encoding: 'utf8'
  })
  t.equal(child.status, 1)
  t.match(child.stderr, /\nanother stackreflex \(pid \d+\) uses [^\n]*\n$/, 'a sentence at the end')
  t.notMatch(child.stderr, /\n {4}at /, 'and no stack')
})

t.test('every mistake of configuration and clouds is said at once, and nothing is left open', async (t) => {
  const cwd = folder(t)
  writeFileSync(
    join(cwd, 'reflex.yaml'),
    'clusters: { dev: { cloud: dev, tier: fast } }\npolicie: {}\nsweep: { every: soon }\n'
  )
  const error = await startProduct({ PORT: '8080' }, cwd, () => {}).catch((thrown: Error) => thrown)
  t.type(error, StartError)
  t.match(
    (error as Error).message,
    /reflex\.yaml:1:\d+[\s\S]*tier[\s\S]*policie[\s\S]*did you mean[\s\S]*every[\s\S]*soon/
  )

  writeFileSync(
    join(cwd, 'reflex.yaml'),
    `clusters: { dev: { cloud: dev, tier: bursty }, prod: { cloud: prod, tier: bursty } }
policies: { dns-records: { settings: { cloud: infra, fixed: { zone: cloud.lab. } } } }
`
  )
  writeFileSync(
    join(cwd, 'clouds.yaml'),
    JSON.stringify({ clouds: { dev: { auth: { auth_url: 'http://127.0.0.1:5000' } } } })
  )
  const env = { PORT: '0', OS_CLIENT_CONFIG_FILE: join(cwd, 'clouds.yaml') }
  const missing = await startProduct(env, cwd, () => {}).catch((thrown: Error) => thrown)
  t.type(missing, StartError)
  for (const name of ['dev', 'prod', 'infra']) t.match((missing as Error).message, new RegExp(`\\b${name}\\b`), name)
})

t.test('a cloud with several regions of which none is named is refused, with the list', async (t) => {
  const { sim } = await simCloud(t)
  sim.state.regions = ['east', 'west']
  const clouds = Object.fromEntries(
    Object.entries(sim.clouds.clouds).map(([name, entry]) => [name, { ...entry, region_name: undefined }])
  )
  const cwd = folder(t)
  writeFileSync(join(cwd, 'clouds.yaml'), JSON.stringify({ clouds }))
  const config = { clusters: { dev: { cloud: 'dev', tier: 'bursty' }, prod: { cloud: 'prod', tier: 'bursty' } } }
  writeFileSync(join(cwd, 'reflex.yaml'), JSON.stringify({ ...config, http: { port: 0 }, notifications: [] }))
  const env = { OS_CLIENT_CONFIG_FILE: join(cwd, 'clouds.yaml') }
  const error = await startProduct(env, cwd, () => {}).then(
    (running) => running.close(),
    (cause: unknown) => cause
  )
  t.type(error, StartError)
  t.match((error as Error).message, /2 regions \(east, west\) and the entry 'dev' names none: set region_name/)
  t.match((error as Error).message, /the entry 'prod' names none/)
})
