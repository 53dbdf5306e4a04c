import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { openJournal } from '../../src/store/open.ts'
import { reflex, reflexHere, startProduct } from './running.ts'

const yaml = `clusters: { dev: { cloud: dev, tier: bursty } }
policies: { dns-records: { mode: observe, settings: { cloud: infra, fixed: { zone: cloud.lab. } } } }
http: { port: 0 }
log: { level: fatal }
`
const modeOf = (path: string) => `0${(statSync(path).mode & 0o777).toString(8)}`
/** The modes of a folder and of all that is in it. */
const modesIn = (folder: string) =>
  Object.fromEntries([['.', modeOf(folder)], ...readdirSync(folder).map((name) => [name, modeOf(join(folder, name))])])

/** Another user of this machine tries to read-lock a file as SQLite's readers do; null where we may not be somebody else. */
function readLockAsNobody(path: string): string | null {
  if (process.getuid?.() !== 0) return null
  const script = `const { openSync } = require('node:fs'); try { openSync(process.argv[1], 'r'); console.log('opened') } catch (e) { console.log(e.code) }`
  const node = spawnSync(process.execPath, ['-e', script, path], { uid: 65534, gid: 65534, cwd: '/', encoding: 'utf8' })
  // Node itself may be where nobody else may look.
  if (node.status === 0) return node.stdout.trim()
  const head = spawnSync('head', ['-c1', path], { uid: 65534, gid: 65534, cwd: '/', encoding: 'utf8' })
  return head.status === 0 ? 'opened' : 'EACCES'
}

t.test('whatever the umask, all that a product writes is its own, and what was looser before is closed', async (t) => {
  // Where everybody may look: the folder of a whole run is closed to others by itself.
  const folder = mkdtempSync('/tmp/reflex-own-')
  chmodSync(folder, 0o755)
  const umask = process.umask(0)
  const sim = await startSim({ seed: 1, bootMs: 50, dnsMs: 50 })
  t.teardown(async () => {
    process.umask(umask)
    await sim.close()
    rmSync(folder, { recursive: true })
  })
  writeFileSync(join(folder, 'clouds.yaml'), JSON.stringify(sim.clouds))
  writeFileSync(join(folder, 'reflex.yaml'), yaml)
  const data = join(folder, '.data')
  const path = join(data, 'journal.db')
  writeFileSync(join(folder, 'reflex.yaml'), `${yaml}journal: { path: .data/journal.db }\n`)
  // As a build before left them.
  mkdirSync(data, { mode: 0o755 })
  const before = await openJournal({ path })
  await before.close()
  for (const name of readdirSync(data)) chmodSync(join(data, name), 0o644)
  chmodSync(data, 0o755)
  if (process.getuid?.() === 0) t.equal(readLockAsNobody(path), 'opened', 'another user could open it')
  const doctor = await reflex(['doctor', '--json'], folder, { OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml') })
  t.match(doctor.out, /journal\.db[\s\S]*other users of this machine can open it \(mode 0644\)/)

  const product = await startProduct({ OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml') }, folder, () => {})
  const running = modesIn(data)
  t.same(
    Object.entries(running).filter(([name, mode]) => mode !== (name === '.' ? '0700' : '0600')),
    [],
    `while it runs: ${JSON.stringify(running)}`
  )
  t.ok(
    ['journal.db', 'journal.db-wal', 'journal.db-shm', 'journal.db.lock', 'journal.db.witness'].every(
      (one) => one in running
    )
  )
  for (const name of Object.keys(running))
    if (process.getuid?.() === 0 && name !== '.') t.equal(readLockAsNobody(join(data, name)), 'EACCES', name)
  await product.close()
  const after = modesIn(data)
  t.same(
    Object.entries(after).filter(([name, mode]) => mode !== (name === '.' ? '0700' : '0600')),
    []
  )
})

t.test('the demo writes credentials that nobody else may read', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-own-'))
  const umask = process.umask(0)
  t.teardown(() => {
    process.umask(umask)
    rmSync(folder, { recursive: true })
  })
  const product = await startProduct({ PORT: '0' }, folder, () => {})
  const modes = modesIn(join(folder, '.data'))
  await product.close()
  t.ok('simulated.kubeconfig' in modes && 'simulated.clouds.yaml' in modes)
  t.same(
    Object.entries(modes).filter(([name, mode]) => mode !== (name === '.' ? '0700' : '0600')),
    [],
    JSON.stringify(modes)
  )
})

t.test(
  'a journal that takes no writes: a stop is in force at once, says so, and is written when it can be',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'reflex-own-'))
    const sim = await startSim({ seed: 1, bootMs: 50, dnsMs: 50 })
    writeFileSync(join(folder, 'clouds.yaml'), JSON.stringify(sim.clouds))
    writeFileSync(join(folder, 'reflex.yaml'), `${yaml}journal: { path: journal.db }\n`)
    const product = await startProduct({ OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml') }, folder, () => {})
    const blocker = new DatabaseSync(join(folder, 'journal.db'))
    t.teardown(async () => {
      blocker.close()
      await product.close()
      await sim.close()
      rmSync(folder, { recursive: true })
    })
    const get = async (path: string) => (await fetch(product.url + path)).json()
    blocker.exec('begin immediate')
    const stopped = await fetch(`${product.url}/api/v1/stops`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${readFileSync(join(folder, 'journal.db.key'), 'utf8').trim()}`
      },
      body: '{"cluster":"dev","reason":"odd deletes"}'
    })
    t.equal(stopped.status, 200)
    t.match(await stopped.json(), { cluster: 'dev', memory: /in force in memory, and is not written yet/ })
    t.match(await get('/api/v1/stops'), {
      items: [{ cluster: 'dev', reason: 'odd deletes', memory: /not written yet/ }]
    })
    t.match(JSON.stringify(await get('/readyz')), /stop \d+ of dev.*in force in memory, and is not written yet/)
    t.match(await (await fetch(`${product.url}/metrics`)).text(), /stackreflex_stopped\{cluster="dev"\} 1/)
    const told = await reflexHere(['stop', 'all', 'by hand'], folder, { REFLEX_URL: product.url })
    t.equal(told.code, 0, told.err)
    t.match(told.out, /everything is stopped .*in force in memory, and is not written yet/)
    const early = await reflexHere(['resume', 'dev'], folder, { REFLEX_URL: product.url })
    t.equal(early.code, 1)
    t.match(early.err, /is not lifted now: it is in force in memory/)

    blocker.exec('rollback')
    for (let tries = 0; ; tries++) {
      const { items } = (await get('/api/v1/stops')) as {
        items: { id: number; cluster: string | null; memory?: string }[]
      }
      if (items.length === 2 && items.every(({ memory }) => memory === undefined)) break
      if (tries > 200) throw new Error(`the stops are not written: ${JSON.stringify(items)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    t.equal(
      (await reflexHere(['resume', 'dev'], folder, { REFLEX_URL: product.url })).code,
      0,
      'then it is lifted as any other'
    )
  }
)
