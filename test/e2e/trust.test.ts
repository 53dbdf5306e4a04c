import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Actor } from '../../src/core/approval.ts'
import { again } from '../../src/people/again.ts'
import { decisionAfter } from '../../src/people/decided.ts'
import type { OperationsContext } from '../../src/people/on-journal/context.ts'
import { resume, stop } from '../../src/people/stops.ts'
import { requestUndo } from '../../src/people/undo.ts'
import { unpark } from '../../src/people/unpark.ts'
import { vote } from '../../src/people/vote.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { world } from './world.ts'

const alice: Actor = { name: 'alice', groups: ['sre'], local: false }
const bob: Actor = { name: 'bob', groups: ['sre'], local: false }
const eve: Actor = { name: 'eve', groups: ['ops'], local: false }
const me: Actor = { name: 'local:1000', groups: [], local: true }
const lane = 'name:web.prod.cloud.lab.'
const name = 'web.prod.cloud.lab. A'

type World = Awaited<ReturnType<typeof world>>

function contextOf({ journal }: World): OperationsContext {
  const rule = { required: 1, groups: ['sre'] }
  return {
    journal,
    tiers: { dev: 'bursty', prod: 'change-controlled', infra: 'always-on' },
    approvals: {
      expiresMs: 3_600_000,
      tiers: { bursty: rule, 'change-controlled': rule, 'always-on': rule }
    },
    operate: ['ops', 'sre'],
    now: Date.now,
    receive: (batch) => receive({ journal, policies: [] }, batch)
  }
}

const soon = { withinMs: 10_000, sleep: (ms: number) => sleep(ms) }

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(25)
  }
  throw new Error(`${what} did not come about`)
}

t.test('observe says what it would do and changes nothing; the decisions are those of enforce', async (t) => {
  const at = await world(t, { mode: 'observe' })
  await at.operator.bootServer({ project: 'prod', name: 'web' })
  await at.settled()
  t.same(await at.records(), {})
  const [observed] = await at.journal.decisions({ limit: 1, lane })
  t.match(observed, { mode: 'observe', outcome: 'act', plan: [{ type: 'recordset-set', cluster: 'prod' }] })
  t.same(await at.journal.actions({ limit: 1 }), [])
  await at.sweep()
  await at.settled()
  await at.journal.classifyDrift(Date.now() + 1)
  t.match(await at.journal.counts(), { missed: 0, noEventExists: 0 }, 'what is only observed is no drift')
})

t.test('a mode of its own for each cluster', async (t) => {
  const at = await world(t, { modes: { prod: 'observe', infra: 'off' } })
  for (const project of ['dev', 'prod', 'infra']) await at.operator.bootServer({ project, name: 'web' })
  await at.settled()
  t.ok((await at.records())['web.dev.cloud.lab. A'])
  t.notOk((await at.records())[name])
  t.match(await at.journal.decisions({ limit: 1, lane }), [{ mode: 'observe', outcome: 'act' }])
  t.match(await at.journal.decisions({ limit: 1, lane: 'name:web.infra.cloud.lab.' }), [
    { outcome: 'skip', reason: /^dns-records is off on infra: .* is missing/ }
  ])
})

t.test('an approval: asked, refused for some, granted, decided again, carried out once', async (t) => {
  const at = await world(t, { modes: { prod: 'approve' } })
  const context = contextOf(at)
  await at.operator.bootServer({ project: 'prod', name: 'web' })
  const approval = await until('the approval', async () => (await at.journal.approvals({ lane }))[0])
  t.match(approval, { state: 'open', clusters: ['prod'], summary: /web\.prod\.cloud\.lab\. A: \[.*\] is missing/ })
  await at.settled()
  t.notOk((await at.records())[name])

  t.match(await vote(context, eve, approval.id, 'approve', null), {
    ok: false,
    why: 'refused',
    reason: /come from sre/
  })
  t.match(await vote(context, me, approval.id, 'approve', null), { ok: false, why: 'refused', reason: /with a token/ })
  const [before] = await at.journal.decisions({ limit: 1, lane })
  t.match(await vote(context, alice, approval.id, 'approve', 'fine'), {
    ok: true,
    missing: 0,
    approval: { state: 'granted' }
  })
  const after = await decisionAfter(at.journal, { policy: 'dns-records', lane }, before!.id, soon)
  t.match(after, { hash: before!.hash, verdict: { verdict: 'proceed' }, approval: approval.id })
  await at.settled()
  t.ok((await at.records())[name], 'and the record is there')
  t.match(await at.journal.approvals({ id: approval.id }), [{ state: 'used', usedBy: after!.id }])
  t.match(await vote(context, bob, approval.id, 'approve', null), { ok: false, why: 'conflict', reason: /is used/ })
  t.match(await vote(context, bob, 99, 'approve', null), { ok: false, why: 'unknown' })
})

t.test('a plan that changed while it waited is superseded, with the difference', async (t) => {
  const at = await world(t, { modes: { prod: 'approve' } })
  const context = contextOf(at)
  const server = await at.operator.bootServer({ project: 'prod', name: 'web' })
  const first = await until('the approval', async () => (await at.journal.approvals({ lane }))[0])
  await at.operator.renameServer(server.id, 'api')
  const second = await until(
    'another approval',
    async () => (await at.journal.approvals({ lane: 'name:api.prod.cloud.lab.' }))[0]
  )
  const gone = await until('the end of the first', async () => {
    const [one] = await at.journal.approvals({ id: first.id })
    return one!.state === 'open' ? undefined : one
  })
  t.match(gone, { state: 'superseded', reason: /needs none: .*\n- recordset-set .*web\.prod/ })
  t.match(await vote(context, alice, first.id, 'approve', null), { ok: false, why: 'conflict', reason: /superseded/ })

  // Nobody told us of this change: only the look at approval finds it.
  at.deaf(true)
  await at.operator.deleteServer(server.id)
  const [before] = await at.journal.decisions({ limit: 1, lane: second.lane })
  t.match(await vote(context, alice, second.id, 'approve', null), { ok: true })
  const after = await decisionAfter(at.journal, { policy: 'dns-records', lane: second.lane }, before!.id, soon)
  t.match(after, { outcome: 'skip', approval: null })
  t.match(await at.journal.approvals({ id: second.id }), [{ state: 'superseded', reason: /- recordset-set/ }])
  await at.settled()
  t.same(Object.keys(await at.records()), [])
})

t.test('whoever asked may not be the one who approves it on a change-controlled cluster', async (t) => {
  const at = await world(t, { modes: { prod: 'approve' } })
  const context = contextOf(at)
  await at.operator.bootServer({ project: 'prod', name: 'web' })
  const approval = await until('the approval', async () => (await at.journal.approvals({ lane }))[0])
  t.match(await again(context, alice, approval.decision, 'look again'), { ok: true, lane })
  const folded = await until('the request', async () => {
    const [one] = await at.journal.approvals({ id: approval.id })
    return one!.requesters.includes('alice') ? one : undefined
  })
  t.match(folded, { state: 'open' }, 'the same plan folds into the open approval')
  t.match(await vote(context, alice, approval.id, 'approve', null), {
    ok: false,
    why: 'refused',
    reason: /alice asked for this, and prod is change-controlled: somebody else has to approve/
  })
  t.match(await vote(context, alice, approval.id, 'reject', 'no need'), { ok: true, approval: { state: 'rejected' } })
  await at.settled()
  t.match(await at.journal.lanes({ key: lane }), [{ held: 'approval', waiting: /was rejected/ }])
})

t.test('stop: no call starts any more, decisions go on; resume carries on where the world is then', async (t) => {
  const at = await world(t)
  const context = contextOf(at)
  t.match(await stop(context, eve, 'nowhere', null), {
    ok: false,
    why: 'unknown',
    reason: /clusters are: dev, prod, infra/
  })
  t.match(await stop({ ...context, operate: ['sre'] }, eve, null, null), {
    ok: false,
    why: 'refused',
    reason: /access\.operate/
  })
  t.match(await stop(context, alice, 'prod', 'odd deletes'), { ok: true })
  await at.operator.bootServer({ project: 'prod', name: 'web' })
  await at.operator.bootServer({ project: 'dev', name: 'web' })
  await until('the record of dev', async () => (await at.records())['web.dev.cloud.lab. A'])
  await at.settled()
  t.notOk((await at.records())[name])
  t.match(await at.journal.lanes({ key: lane }), [{ held: 'stop', waiting: /prod was stopped by alice .*odd deletes/ }])
  t.match(await at.journal.decisions({ limit: 1, lane }), [{ outcome: 'act', verdict: { rule: 'stop' } }])
  t.match(await resume(context, bob, { cluster: null }, null), {
    ok: false,
    why: 'conflict',
    reason: /stopped now: stop \d+ of prod, by alice/
  })
  t.match(await resume(context, bob, { cluster: 'prod' }, 'checked'), { ok: true, lanes: 3 })
  await at.settled()
  t.ok((await at.records())[name])
  const said = (await at.journal.events({ limit: 50, type: 'stackreflex.*' })).filter(
    ({ data }) => (data as { kind: string }).kind === 'person'
  )
  t.same(
    said
      .map(({ data }) => data)
      .map((one) => `${(one as { actor: string }).actor} ${(one as { did: string }).did}`)
      .sort(),
    ['alice stop', 'bob resume']
  )
})

t.test('undo of a deletion brings the record back, and it stays until the time is over', async (t) => {
  let ahead = 0
  const now = () => Date.now() + ahead
  const at = await world(t, { now })
  const context = { ...contextOf(at), now }
  const server = await at.operator.bootServer({ project: 'prod', name: 'web' })
  await at.settled()
  const records = (await at.records())[name]
  await at.operator.deleteServer(server.id)
  await at.settled()
  t.notOk((await at.records())[name])
  const deleted = (await at.journal.actions({ limit: 50, lane })).find(
    (one) => one.type === 'recordset-delete' && one.target.endsWith('/A')
  )!
  t.match(await requestUndo(context, alice, 'nothing', null), { ok: false, why: 'unknown' })
  const asked = await requestUndo(context, alice, deleted.id, 'still needed')
  if (!asked.ok) throw new Error(asked.reason)
  const decision = await decisionAfter(at.journal, asked, 0, soon)
  t.match(decision, {
    policy: 'undo',
    outcome: 'act',
    requesters: ['alice'],
    plan: [{ type: 'recordset-set', pinMs: 3_600_000 }]
  })
  await until('the pin', async () => (await at.journal.pins())[0])
  t.same((await at.records())[name], records)
  t.match(await at.journal.pins(), [{ reason: /alice undid what was done there/ }])
  await at.sweep()
  await at.settled()
  t.same((await at.records())[name], records, 'the sweep leaves it alone')
  t.match(await at.journal.lanes({ key: lane }), [{ held: 'undone' }])
  ahead += 3_600_001
  at.wake()
  await until('its end', async () => ((await at.records())[name] === undefined ? true : undefined))
  t.match(await requestUndo(context, alice, deleted.id, null), { ok: true }, 'and may be asked for again')
  await at.settled()
})

t.test('undo of what was made takes it away; undo of an undo brings it back', async (t) => {
  const at = await world(t)
  const context = contextOf(at)
  await at.operator.bootServer({ project: 'prod', name: 'web' })
  await at.settled()
  const made = (await at.journal.actions({ limit: 50, lane })).find((one) => one.target.endsWith('/A'))!
  const asked = await requestUndo(context, alice, made.id, null)
  if (!asked.ok) throw new Error(asked.reason)
  await until('its end', async () => ((await at.records())[name] === undefined ? true : undefined))
  await at.settled()
  t.notOk((await at.records())[name])
  const [undone] = await at.journal.actions({ limit: 1, lane: asked.lane })
  t.match(undone, { policy: 'undo', state: 'done', inverse: { type: 'recordset-set' } })
  t.match(await requestUndo(context, bob, undone!.id, null), { ok: true })
  await until('the record', async () => (await at.records())[name])
  await at.settled()
  t.equal((await at.journal.applied({ lane, policy: 'dns-records' })).length, 2, 'held by its own lane again')
})

t.test(
  'whoever asked for an undo, or for the undo of one, may not approve it, also once nobody answered in time',
  async (t) => {
    let ahead = 0
    const at = await world(t, { undoMode: 'approve', now: () => Date.now() + ahead })
    const context = { ...contextOf(at), now: () => Date.now() + ahead }
    const refused = { ok: false, why: 'refused' }
    await at.operator.bootServer({ project: 'prod', name: 'web' })
    await at.settled()
    const askedBy = async (actor: typeof alice, other: typeof alice, action: string) => {
      const asked = await requestUndo(context, actor, action, null)
      if (!asked.ok) throw new Error(asked.reason)
      const open = () => at.journal.approvals({ lane: asked.lane, state: 'open' })
      const first = await until('the approval', async () => (await open())[0])
      t.match(await vote(context, actor, first.id, 'approve', null), refused)
      ahead += 3_600_001
      at.wake()
      const second = await until('the next approval', async () => (await open()).find(({ id }) => id !== first.id))
      t.same(second.requesters, [actor.name])
      t.match(await vote(context, actor, second.id, 'approve', null), refused)
      t.match(await vote(context, other, second.id, 'approve', null), { ok: true })
      at.wake()
      return until('its end', async () => {
        const [done] = await at.journal.actions({ limit: 1, lane: asked.lane })
        return done?.state === 'done' ? done : undefined
      })
    }
    const made = (await at.journal.actions({ limit: 50, lane })).find((one) => one.target.endsWith('/A'))!
    const undone = await askedBy(alice, bob, made.id)
    t.notOk((await at.records())[name])
    await askedBy(bob, alice, undone.id)
    t.ok((await at.records())[name])
  }
)

t.test('a parked lane can be tried again by a person', async (t) => {
  const at = await world(t)
  const context = contextOf(at)
  t.match(await unpark(context, alice, 'name:nothing.', null), { ok: false, why: 'unknown' })
  await at.operator.bootServer({ project: 'prod', name: 'web' })
  await at.settled()
  t.match(await unpark(context, alice, lane, null), { ok: false, why: 'conflict', reason: /is not parked/ })
})
