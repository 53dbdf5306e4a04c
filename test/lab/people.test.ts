import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { churn } from './churn.ts'
import { agrees, type Product, product } from './product.ts'
import { cleanLab, dig, user } from './user.ts'

const users = ['dev-user', 'prod-user', 'infra-user'].map(user)
const [dev, prod, infra] = users as [(typeof users)[0], (typeof users)[0], (typeof users)[0]]
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const tokens = { alice: 'alice-token-of-the-lab', bob: 'bob-token-of-the-lab' }
const people = `access: { operate: [sre] }
approvals: { tiers: { bursty: { groups: [sre] }, change-controlled: { groups: [sre] }, always-on: { groups: [sre] } } }
tokens:
  - { actor: alice, groups: [sre], sha256: ${sha256(tokens.alice)} }
  - { actor: bob, groups: [sre], sha256: ${sha256(tokens.bob)} }
`

// biome-ignore lint/suspicious/noExplicitAny: answers of our own API
type Row = any
const items = async (reflex: Product, path: string): Promise<Row[]> => {
  const all: Row[] = []
  for (let next: string | null = ''; next !== null; ) {
    const page = (await reflex.get(`${path}${next === '' ? '' : `&cursor=${next}`}`)) as { items: Row[]; next?: string }
    all.push(...page.items)
    next = page.next ?? null
  }
  return all
}

async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined | null | false>): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(200)) {
    const found = await look()
    if (found) return found
  }
  throw new Error(`${what} did not come about within ${seconds} s`)
}

/** Serial and number of recordsets of every zone, as Designate itself tells. */
async function zonesNow(): Promise<string[]> {
  const zones = await infra.list('dns', '/zones?limit=100', 'zones')
  const of = async (zone: Row) =>
    `${zone.name} ${zone.serial} ${(await infra.list('dns', `/zones/${zone.id}/recordsets?limit=1000`, 'recordsets')).length}`
  return (await Promise.all(zones.map(of))).sort()
}

t.test('observe writes nothing over a churn, and decides what enforce then does', async (t) => {
  await cleanLab()
  // Designate bumps serials a moment after the last change.
  await sleep(5000)
  const before = await zonesNow()
  const reflex = await product(t)
  await reflex.start({ mode: 'observe', sweepEvery: '20s' })
  const result = await churn(users, 10, 20261124)
  await reflex.settled()
  await sleep(5000)
  t.same(reflex.sentIds(), [], 'no changing call was sent to Designate')
  t.same(await zonesNow(), before, 'and its zones are as they were, to the serial')
  t.equal((await items(reflex, '/api/v1/actions?limit=500')).length, 0)

  const observed = await items(reflex, '/api/v1/decisions?limit=500')
  const last = Math.max(...observed.map((one) => one.id))
  const wanted = new Map<string, string | null>()
  for (const one of observed.reverse()) wanted.set(one.lane, one.outcome === 'act' ? one.hash : null)
  const acting = [...wanted].filter(([, hash]) => hash !== null)
  t.ok(acting.length > 10, `${observed.length} decisions, ${acting.length} lanes where enforce would act`)

  reflex.configure({ mode: 'enforce', sweepEvery: '20s' })
  const enforced = await until('the decisions of enforce', 60, async () => {
    const rows = await items(reflex, '/api/v1/decisions?limit=500')
    const first = new Map<string, Row>()
    for (const one of rows.filter((row) => row.id > last && row.mode === 'enforce').reverse())
      if (!first.has(one.lane)) first.set(one.lane, one)
    return acting.every(([lane]) => first.has(lane)) ? first : undefined
  })
  const differing = acting.filter(([lane, hash]) => enforced.get(lane)!.hash !== hash).map(([lane]) => lane)
  t.same(differing, [], 'each plan is the very one that observe had written down')
  t.comment(`${acting.length} plans of observe, ${acting.length - differing.length} the same under enforce`)
  await reflex.settled()
  const found = await agrees(60)
  t.same([found.stale, found.missing], [[], []], '0 stale, 0 missing once it enforces')
  await reflex.stop()
  await cleanLab()
  t.ok(result.left.length > 0)
})

t.test('an approval survives a restart, is superseded by a rename, and refused to who asked', async (t) => {
  await cleanLab()
  const reflex = await product(t)
  const options = { modes: '{ prod: approve }', more: people }
  await reflex.start(options)
  const server = await prod.boot('erpnext')
  await prod.active(server)
  const of = async (lane: string) =>
    ((await reflex.get('/api/v1/approvals?state=open')) as { items: Row[] }).items.find((one) => one.lane === lane)
  const asked = await until('the approval', 30, () => of('name:erpnext.prod.cloud.lab.'))
  await reflex.kill()
  await reflex.start(options)
  await reflex.settled()
  t.match(await of('name:erpnext.prod.cloud.lab.'), { id: asked.id, state: 'open' }, 'it is still open after kill -9')
  t.same(await dig('erpnext.prod.cloud.lab', 'A'), [])

  const again = await reflex.post(`/api/v1/decisions/${asked.decision}/again`, { reason: 'I want it' }, tokens.alice)
  t.equal(again.status, 200)
  const refused = await reflex.post(`/api/v1/approvals/${asked.id}/approve`, {}, tokens.alice)
  t.match(refused, { status: 403, body: { error: { message: /alice asked for this, and prod is change-controlled/ } } })
  t.match(await reflex.post(`/api/v1/approvals/${asked.id}/approve`, {}), { status: 401 })

  await prod.call('compute', 'PUT', `/servers/${server}`, { server: { name: 'ledger' } })
  const renamed = await until('the approval of the new name', 30, () => of('name:ledger.prod.cloud.lab.'))
  await until('the end of the old one', 30, async () => !(await of('name:erpnext.prod.cloud.lab.')))
  const late = await reflex.post(`/api/v1/approvals/${asked.id}/approve`, {}, tokens.bob)
  t.match(late, { status: 409, body: { error: { message: /superseded/ } } })

  const granted = await reflex.post(`/api/v1/approvals/${renamed.id}/approve`, { reason: 'fine' }, tokens.bob)
  t.match(granted, { status: 200, body: { approval: { votes: [{ actor: 'bob', verdict: 'approve' }] } } })
  const addresses = await until('the record', 30, async () => {
    const found = await dig('ledger.prod.cloud.lab', 'A')
    return found.length > 0 && found
  })
  t.equal(addresses.length, 1, 'what was approved is served')

  // Undo of a deleted record brings it back.
  await prod.call('compute', 'DELETE', `/servers/${server}`)
  await prod.gone(server)
  const last = await until('the approval of the deletion', 60, () => of('name:ledger.prod.cloud.lab.'))
  await reflex.post(`/api/v1/approvals/${last.id}/approve`, {}, tokens.bob)
  await until('the deletion', 30, async () => (await dig('ledger.prod.cloud.lab', 'A')).length === 0)
  await reflex.settled()
  const done = await items(reflex, '/api/v1/actions?limit=500')
  const deleted = done.find(
    (one) => one.type === 'recordset-delete' && one.target.endsWith('/ledger.prod.cloud.lab./A') && one.state === 'done'
  )
  const undo = await reflex.post(`/api/v1/actions/${deleted.id}/undo`, { reason: 'still needed' }, tokens.alice)
  t.equal(undo.status, 200)
  const planned = await until('its approval', 30, async () =>
    ((await reflex.get('/api/v1/approvals?state=open')) as { items: Row[] }).items.find((one) => one.policy === 'undo')
  )
  t.match(await reflex.post(`/api/v1/approvals/${planned.id}/approve`, {}, tokens.alice), { status: 403 })
  t.match(await reflex.post(`/api/v1/approvals/${planned.id}/approve`, {}, tokens.bob), { status: 200 })
  await until('the record', 30, async () => (await dig('ledger.prod.cloud.lab', 'A')).length > 0)
  t.same(await dig('ledger.prod.cloud.lab', 'A'), addresses, 'the deleted record is back, as it was')
  await reflex.stop()
  await cleanLab()
})

t.test('stop under load: no call starts after its answer', async (t) => {
  await cleanLab()
  const reflex = await product(t)
  await reflex.start({ more: people })
  const halt = (reason: string) => reflex.post('/api/v1/stops', { reason }, tokens.alice)
  t.match(await halt('to let work pile up'), { status: 200 })
  const servers = await Promise.all(Array.from({ length: 12 }, (_, n) => dev.boot(`load-${n}`)))
  for (const server of servers) await dev.active(server)
  await until('the lanes of 12 servers', 60, async () => (await reflex.metric('lanes_held')) >= 36)
  t.same(reflex.sentIds(), [], 'nothing was called while it piled up')
  t.match(await reflex.post('/api/v1/resume', {}, tokens.bob), { status: 200, body: { lanes: 36 } })
  while (reflex.sentIds().length < 8) await sleep(10)
  const asked = Date.now()
  const { status } = await halt('odd')
  const answered = Date.now()
  // Each call is written down by the product itself in the moment in which its first byte goes out, which is the moment of its
  // last look; and a stop is in force before it is answered. So whatever was looked at before the stop stands here by now, and
  // nothing comes after it, however long the services take: calls are counted, not seconds.
  const made = reflex.sentAt().length
  t.equal(status, 200)
  await sleep(8000)
  const at = reflex.sentAt()
  const last = Math.max(...at)
  t.comment(
    `stop asked with ${at.filter((ms) => ms <= asked).length} calls made: answered after ${answered - asked} ms, the last call started ${last - asked} ms after it was asked, ${at.filter((ms) => ms > answered).length} after the answer; ${at.length} calls in all`
  )
  t.equal(at.length - made, 0, 'no changing call started after the answer')
  const held = await reflex.metric('lanes_held')
  t.ok(held > 0, `${held} lanes are held`)
  await reflex.kill()
  await reflex.start({ more: people })
  await sleep(3000)
  t.equal(reflex.sentAt().length, at.length, 'the stop survives kill -9')
  t.match(await reflex.post('/api/v1/resume', {}, tokens.bob), { status: 200 })
  await reflex.settled()
  const found = await agrees(60)
  t.same([found.stale, found.missing], [[], []], 'after resume: 0 stale, 0 missing')
  t.match(
    execFileSync('node', [`${process.cwd()}/src/cli/cli.ts`, 'explain', '--since', '10m'], {
      cwd: reflex.folder,
      encoding: 'utf8',
      env: { ...process.env, LAB_AMQP_URL: 'x' }
    }),
    /alice .*stop/
  )
  await reflex.stop()
  await cleanLab()
})
