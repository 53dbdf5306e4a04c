import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { openJournal } from '../../src/store/open.ts'
import { reflexHere, startProduct } from './running.ts'

const yaml = `clusters: { dev: { cloud: dev, tier: bursty }, prod: { cloud: prod, tier: bursty } }
policies: { dns-records: { mode: enforce, settings: { cloud: infra, fixed: { zone: cloud.lab. } } } }
journal: { path: journal.db }
http: { port: 0 }
log: { level: fatal }
`

async function home(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-witness-'))
  const sim = await startSim({ seed: 1, bootMs: 50, dnsMs: 50 })
  writeFileSync(join(folder, 'clouds.yaml'), JSON.stringify(sim.clouds))
  writeFileSync(join(folder, 'reflex.yaml'), yaml)
  const env = { OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml') }
  let product: Awaited<ReturnType<typeof startProduct>> | undefined
  t.teardown(async () => {
    await product?.close()
    await sim.close()
    rmSync(folder, { recursive: true })
  })
  return {
    folder,
    path: join(folder, 'journal.db'),
    start: async () => {
      product = await startProduct(env, folder, () => {})
    },
    close: async () => {
      await product?.close()
      product = undefined
    },
    stops: async () =>
      (
        (await (await fetch(`${product!.url}/api/v1/stops`)).json()) as {
          items: { cluster: string | null; by: string; reason: string; memory?: string }[]
        }
      ).items,
    installation: async () => (await fetch(`${product!.url}/healthz`)).headers.get('x-stackreflex'),
    readyz: async () => JSON.stringify(await (await fetch(`${product!.url}/readyz`)).json()),
    reflex: (...args: string[]) => reflexHere(args, folder, { REFLEX_URL: product!.url })
  }
}

async function until<T>(what: string, look: () => Promise<T | false | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await look().catch(() => false as const)
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${what} did not come about`)
}

t.test(
  'a WAL cut to nothing: it starts stopped, says why, has its id and the stop in force, and goes on by a word',
  async (t) => {
    const at = await home(t)
    await at.start()
    const id = await at.installation()
    t.equal((await at.reflex('stop', 'prod', 'odd deletes')).code, 0)
    // As it is on disk while it runs, without the newest part: what kill -9 and a lost WAL leave.
    for (const name of ['journal.db', 'journal.db.witness'])
      copyFileSync(join(at.folder, name), join(at.folder, `${name}.kept`))
    await at.close()
    for (const name of ['journal.db', 'journal.db.witness'])
      renameSync(join(at.folder, `${name}.kept`), join(at.folder, name))
    for (const name of ['journal.db-wal', 'journal.db-shm']) rmSync(join(at.folder, name), { force: true })

    await at.start()
    t.equal(await at.installation(), id, 'what it wrote outside is still its own')
    const stops = await at.stops()
    t.match(
      stops.find(({ by }) => by === 'stackreflex'),
      {
        cluster: null,
        reason: /journal\.db may not be the one that was here: .*journal\.db\.witness knows it/,
        memory: /reflex accept journal/
      }
    )
    t.ok(
      stops.some(({ cluster, reason }) => cluster === 'prod' && reason === 'odd deletes'),
      'the stop stands again'
    )
    t.match(await at.readyz(), /may not be the one that was here/)
    t.equal((await at.reflex('resume', 'all')).code, 1, 'it is no stop to be lifted as another')
    await at.close()

    await at.start()
    t.ok(
      (await at.stops()).some(({ by }) => by === 'stackreflex'),
      'another start does not make it good'
    )
    const accepted = await at.reflex('accept', 'journal', 'looked at it')
    t.equal(accepted.code, 0, accepted.err)
    t.match(accepted.out, /the journal is accepted/)
    await until('the end of the stop', async () => !(await at.stops()).some(({ by }) => by === 'stackreflex'))
    t.ok(
      (await at.stops()).some(({ cluster }) => cluster === 'prod'),
      "people's stops are lifted by people"
    )
    t.equal((await at.reflex('accept', 'journal')).code, 1, 'there is nothing more to accept')
    t.match((await at.reflex('explain', '--since', '1h')).out, /said accept journal/)
    await at.close()
    await at.start()
    t.notOk(
      (await at.stops()).some(({ by }) => by === 'stackreflex'),
      'and the next start believes it'
    )
  }
)

t.test('a journal of nothing, and one that was restored: stopped until accepted by the documented steps', async (t) => {
  const at = await home(t)
  await at.start()
  await at.reflex('stop', 'dev', 'before the backup')
  await at.reflex('resume', 'dev')
  await at.close()
  copyFileSync(at.path, join(at.folder, 'backup.db'))
  await at.start()
  await at.reflex('stop', 'dev', 'x')
  await at.reflex('resume', 'dev')
  await at.close()
  t.same(JSON.parse(readFileSync(`${at.path}.witness`, 'utf8')).stops, [], 'what was lifted does not come back')

  copyFileSync(join(at.folder, 'backup.db'), at.path)
  await at.start()
  t.match(await at.stops(), [{ by: 'stackreflex', reason: /is lost|older copy/ }])
  await at.close()
  // Restored on purpose: said before the start, on the machine itself.
  const accepted = await reflexHere(['accept', 'journal', 'restored'], at.folder)
  t.equal(accepted.code, 0, accepted.err)
  await at.start()
  t.same(await at.stops(), [])
  await at.close()

  truncateSync(at.path, 0)
  await at.start()
  t.match(await at.stops(), [{ by: 'stackreflex', reason: /it is empty, and/ }])
  await at.close()
  rmSync(`${at.path}.witness`)
  const journal = await openJournal({ path: at.path })
  t.ok(await journal.doubt(), 'and a witness that is taken away is missed')
  await journal.close()
})
