import type { ActionRequest } from '../../src/core/action.ts'
import { type Guard, guard } from '../../src/core/guard.ts'
import type { GuardRules } from '../../src/core/guard-rules.ts'
import { type Mode, planSteps, skip } from '../../src/core/policy.ts'
import { personEvent } from '../../src/people/person-event.ts'
import type { ClaimedAction } from '../../src/store/claims.ts'
import type { Journal } from '../../src/store/journal.ts'
import type { Recorded } from '../../src/store/recorded.ts'
import type { JournalTest } from './journal.ts'
import { changed, event, HOUR, MINUTE, recorded, route, SECOND, START, step } from './journal-facts.ts'

const LEASE = 30 * SECOND
const calm = { tier: 'bursty', calendar: { timeZone: 'UTC', windows: [], freezes: [] }, inFlight: null } as const
const policies = {
  p: { mode: 'enforce', clusters: { prod: 'approve' } },
  undo: { mode: 'enforce', clusters: {} }
} as const
const under = (more: Partial<GuardRules> = {}): Guard =>
  guard({ clusters: { dev: calm, prod: calm }, budgets: [], coolDowns: [], ...more }, policies)
const rules = { required: 1, expiresMs: HOUR }
const alice = { name: 'alice', groups: [], local: false }
const said = (did: 'approve' | 'reject' | 'stop' | 'resume', about: string, at: number) =>
  personEvent({ now: () => at }, alice, { did, about, reason: null })

const on = (cluster: string, target: string, more: Partial<ActionRequest> = {}) => ({
  ...step(target),
  cluster,
  ...more
})

/** Wakes the lane and decides these steps. */
async function plan(
  journal: Journal,
  key: string,
  steps: readonly ActionRequest[],
  more: { at?: number; mode?: Mode; guard?: Guard; requesters?: readonly string[]; independent?: boolean } = {}
): Promise<Recorded> {
  const { at = START, mode = 'approve', guard = under(), requesters = [], independent = false } = more
  await journal.append({ events: [route(event(`${key}-${Math.random()}`), key)], ignored: [] })
  return decideNext(journal, key, steps, { at, mode, guard, requesters, independent })
}

async function decideNext(
  journal: Journal,
  key: string,
  steps: readonly ActionRequest[],
  {
    at = START,
    mode = 'approve' as Mode,
    guard = under(),
    requesters = [] as readonly string[],
    independent = false
  } = {}
): Promise<Recorded> {
  const claim = await journal.claimLane('w', LEASE)
  if (claim?.key !== key) throw new Error(`${claim?.key ?? 'no lane'} is due, not ${key}`)
  const actionIds = mode === 'observe' ? [] : steps.map((_, n) => `${key}-${claim.throughSeq}-${n}`)
  const decision = steps.length === 0 ? skip('nothing to do') : planSteps('r', steps, { independent })
  const one = await recorded(journal, claim, decision, { mode, actionIds, requesters, now: at }, guard)
  if (one === null) throw new Error('the claim was lost')
  return one
}

async function claimedStep(journal: Journal, guard = under()): Promise<ClaimedAction> {
  const claim = await journal.claimAction('w', LEASE, guard)
  if (claim?.verdict !== 'proceed') throw new Error(`no step is due: ${JSON.stringify(claim)}`)
  return claim.action
}

/** Approvals, stops, holds and pins, as every journal has to bind them. */
export function guarding(test: JournalTest): void {
  test('a plan that needs an approval is asked for once, and held', async (t, { journal }) => {
    const first = await plan(journal, 'a', [on('prod', 't1')])
    t.match(first, { planned: false, verdict: { verdict: 'hold', rule: 'approval' }, approval: 1 })
    t.equal(await journal.claimAction('w', LEASE, under()), null)
    t.match(await journal.lanes({ held: true }), [{ key: 'a', held: 'approval', waiting: /reflex approve 1/ }])
    t.same(await journal.busyLanes('p'), new Set(['a']), 'no drift for what waits')
    const again = await plan(journal, 'a', [on('prod', 't1')], { requesters: ['bob'] })
    t.equal(again.approval, 1, 'the same plan folds into the open approval')
    t.match(await journal.approvals({}), [
      { id: 1, state: 'open', decision: first.id, latest: again.id, requesters: ['bob'], clusters: ['prod'], lane: 'a' }
    ])
    t.match(await journal.counts(), { approvalsOpen: 1, lanesHeld: 1 })
  })

  test('granted: decided again, and the first claim uses it up', async (t, { journal, connect }) => {
    const steps = [on('prod', 't1'), on('prod', 't2')]
    await plan(journal, 'a', steps)
    const other = await connect()
    const voted = await other.vote(
      1,
      { actor: 'alice', verdict: 'approve', reason: 'ok' },
      rules,
      said('approve', '1', START)
    )
    t.match(voted, { counted: true, approval: { state: 'granted', votes: [{ actor: 'alice', verdict: 'approve' }] } })
    t.equal(await journal.claimAction('w', LEASE, under()), null, 'a grant alone carries nothing out')
    const { id } = await decideNext(journal, 'a', steps)
    t.match(await journal.decisions({ id, limit: 1 }), [{ approval: 1, verdict: { verdict: 'proceed' } }])
    const one = await claimedStep(journal)
    t.match(await journal.approvals({ id: 1 }), [{ state: 'used', usedBy: id }])
    await journal.recordAttempt(one, changed('t1'), null)
    t.match(await claimedStep(journal), { ordinal: 1 }, 'the plan goes on under its one approval')
  })

  test('another plan takes its place, with the difference', async (t, { journal }) => {
    await plan(journal, 'a', [on('prod', 't1')])
    await journal.vote(1, { actor: 'alice', verdict: 'approve', reason: null }, rules, said('approve', '1', START))
    const second = await decideNext(journal, 'a', [on('prod', 't2')])
    t.match(second, { approval: 2, planned: false })
    t.match(await journal.approvals({ id: 1 }), [
      { state: 'superseded', reason: /another plan\n- say t1 .*\n\+ say t2 / }
    ])
    t.equal((await plan(journal, 'a', [])).verdict, null)
    t.match(await journal.approvals({ id: 2 }), [
      { state: 'superseded', reason: /needs none: nothing to do\n- say t2/ }
    ])
    t.match(await journal.lanes({ key: 'a' }), [{ held: null }])
    const late = await journal.vote(
      2,
      { actor: 'bob', verdict: 'approve', reason: null },
      rules,
      said('approve', '2', START)
    )
    t.match(late, { counted: false, approval: { state: 'superseded' } })
    t.equal(
      await journal.vote(9, { actor: 'bob', verdict: 'approve', reason: null }, rules, said('approve', '9', START)),
      null
    )
  })

  test('two are required: one person is one person; one rejection ends it', async (t, { journal, clock }) => {
    const two = { required: 2, expiresMs: HOUR }
    const steps = [on('prod', 't1')]
    const cast = (actor: string, verdict: 'approve' | 'reject') =>
      journal.vote(1, { actor, verdict, reason: null }, two, said(verdict, '1', clock.now++))
    await plan(journal, 'a', steps)
    await cast('alice', 'approve')
    t.match(await cast('alice', 'approve'), { approval: { state: 'open', votes: { length: 1 } } })
    t.match(await cast('bob', 'reject'), { approval: { state: 'rejected', reason: 'rejected by bob' } })
    t.match(await decideNext(journal, 'a', steps, { at: clock.now }), { approval: 1, planned: false })
    t.match(await journal.lanes({ key: 'a' }), [{ waiting: /approval 1 was rejected; asked again at/ }])
    clock.now += HOUR + SECOND
    t.match(await decideNext(journal, 'a', steps, { at: clock.now }), { approval: 2 }, 'asked anew in time')
  })

  test('nobody answers: asked anew, and a late answer counts for nothing', async (t, { journal, clock }) => {
    await plan(journal, 'a', [on('prod', 't1')])
    t.equal(await journal.nextDue(), START + HOUR)
    clock.now += HOUR
    const late = await journal.vote(
      1,
      { actor: 'bob', verdict: 'approve', reason: null },
      rules,
      said('approve', '1', clock.now)
    )
    t.match(late, { counted: false, approval: { state: 'expired' } })
    t.match(await decideNext(journal, 'a', [on('prod', 't1')], { at: clock.now }), { approval: 2 })
  })

  test('a stop holds claims at once, and plans; resume has them decided again', async (t, {
    journal,
    connect,
    clock
  }) => {
    const other = await connect()
    await plan(journal, 'a', [on('dev', 't1'), on('dev', 't2')], { mode: 'enforce' })
    await plan(journal, 'b', [on('prod', 't3')], {
      mode: 'enforce',
      guard: guard({ clusters: {}, budgets: [], coolDowns: [] }, { p: { mode: 'enforce', clusters: {} } })
    })
    const first = await claimedStep(journal)
    t.same((await journal.mayCall(first))?.stops, [])
    const id = await other.stop({ cluster: 'dev', by: 'alice', reason: 'odd' }, said('stop', 'dev', clock.now))
    t.match(await journal.mayCall(first), { stops: [{ id, cluster: 'dev', by: 'alice', reason: 'odd', at: START }] })
    await journal.recordAttempt(first, changed('t1'), null)
    t.match(await journal.claimAction('w', LEASE, under()), { verdict: 'hold', rule: 'stop', id: /a-/ })
    t.match(await journal.claimAction('w', LEASE, under()), { verdict: 'again', rule: 'mode' }, 'prod is not stopped')
    t.match(await journal.actions({ lane: 'a', limit: 9 }), [{ state: 'interrupted' }, { state: 'done' }])
    t.match(await journal.lanes({ key: 'a' }), [{ held: 'stop', heldUntil: null, openDecision: null }])
    t.match(await journal.stops(), [{ cluster: 'dev', by: 'alice' }])
    t.match(await plan(journal, 'c', [on('dev', 't4')], { mode: 'enforce' }), {
      planned: false,
      verdict: { verdict: 'hold', rule: 'stop' }
    })
    t.equal(await other.resume(id + 1, said('resume', 'prod', clock.now)), null, 'there is no such stop')
    t.equal(await other.resume(id, said('resume', 'dev', clock.now)), 2)
    const lanes = [await journal.claimLane('w', LEASE), await journal.claimLane('w', LEASE)]
    t.same(lanes.map((lane) => lane?.key).sort(), ['a', 'c'])
    t.match(lanes[0]?.events, [{ type: 'stackreflex.resume', data: { actor: 'alice' } }])
    t.same(await journal.stops(), [])
  })

  test('stops of several people stand beside each other, each lifted by itself', async (t, {
    journal,
    connect,
    clock
  }) => {
    await plan(journal, 'a', [on('dev', 't1')], { mode: 'enforce' })
    const stop = (cluster: string | null, by: string, reason: string) =>
      journal.stop({ cluster, by, reason }, said('stop', cluster ?? 'everything', clock.now))
    const alice = await stop('dev', 'alice', 'odd deletes')
    clock.now += SECOND
    const bob = await stop('dev', 'bob', 'an upgrade')
    const all = await stop(null, 'bob', 'an upgrade')
    t.equal(new Set([alice, bob, all]).size, 3)
    clock.now += SECOND
    t.equal(await stop('dev', 'alice', 'odd deletes'), alice, 'the same words of the same person')
    t.not(await stop('dev', 'alice', 'and more'), alice)
    const standing = await (await connect()).stops()
    t.match(standing, [
      { id: alice, cluster: 'dev', by: 'alice', at: START, reason: 'odd deletes' },
      { id: bob, cluster: 'dev', by: 'bob', at: START + SECOND, reason: 'an upgrade' },
      { id: all, cluster: null, by: 'bob' },
      { cluster: 'dev', by: 'alice', at: START + 2 * SECOND, reason: 'and more' }
    ])
    t.equal(standing.length, 4)
    t.match(await journal.claimAction('w', LEASE, under()), {
      rule: 'stop',
      reason:
        /everything was stopped by bob .* dev was stopped by alice at \S+ \(odd deletes\), and by bob .*resume all.*resume stop:/
    })
    for (const id of [all, standing[3]!.id, bob]) {
      t.ok((await journal.resume(id, said('resume', 'dev', clock.now))) !== null)
      await decideNext(journal, 'a', [on('dev', 't1')], { mode: 'enforce', at: clock.now })
      t.match(await journal.lanes({ key: 'a' }), [{ held: 'stop' }], 'alice has not lifted hers')
    }
    t.match(await journal.stops(), [{ id: alice, by: 'alice', at: START, reason: 'odd deletes' }])
    t.equal(await journal.resume(bob, said('resume', 'dev', clock.now)), null, 'once')
    t.equal(await journal.resume(alice, said('resume', 'dev', clock.now)), 1)
    t.match(await decideNext(journal, 'a', [on('dev', 't1')], { mode: 'enforce', at: clock.now }), { planned: true })
    t.not(await stop('dev', 'alice', 'odd deletes'), alice, 'a number is never given twice')
  })

  test('a stop of everything covers every cluster, and survives a restart', async (t, { journal, connect, clock }) => {
    await plan(journal, 'a', [on('dev', 't1')], { mode: 'enforce' })
    await journal.stop({ cluster: null, by: 'alice', reason: 'odd' }, said('stop', 'everything', clock.now))
    await journal.close()
    const restarted = await connect()
    await restarted.releaseEarlier('w#2')
    t.match(await restarted.claimAction('w', LEASE, under()), { verdict: 'hold', rule: 'stop' })
    await restarted.releaseHeld('all')
    t.match(await decideNext(restarted, 'a', [on('dev', 't1')], { mode: 'enforce' }), { planned: false })
  })

  test('what is deferred for long is held and decided again by then; for short, it waits', async (t, {
    journal,
    clock
  }) => {
    const freezes = [{ name: 'f', times: { from: '2026-03-01T12:00', forMs: 10 * MINUTE, repeat: null } }]
    const frozen = under({ clusters: { dev: { ...calm, calendar: { ...calm.calendar, freezes } } } })
    await plan(journal, 'a', [on('dev', 't1')], { mode: 'enforce' })
    t.match(await journal.claimAction('w', LEASE, frozen), { verdict: 'defer', rule: 'freeze' })
    t.match(await journal.lanes({ key: 'a' }), [{ held: 'freeze', heldUntil: START + 10 * MINUTE }])
    t.equal(await journal.nextDue(), START + 10 * MINUTE)
    t.equal(await journal.claimLane('w', LEASE), null)
    clock.now = START + 10 * MINUTE
    t.match(await decideNext(journal, 'a', [on('dev', 't1')], { mode: 'enforce', at: clock.now }), { planned: true })
    const busy = under({ clusters: { dev: { ...calm, inFlight: 0 } } })
    t.match(await journal.claimAction('w', LEASE, busy), { verdict: 'defer', rule: 'in-flight' })
    t.match(await journal.actions({ lane: 'a', limit: 1 }), [{ state: 'ready' }])
    clock.now += SECOND
    t.match(await claimedStep(journal), { target: 't1', attempt: 1 })
    clock.now += LEASE + MINUTE
    t.match(await journal.claimAction('w', LEASE, under()), { verdict: 'again', rule: 'age' })
  })

  test('in flight and cool-down are read from the journal', async (t, { journal, clock }) => {
    const one = under({ clusters: { dev: { ...calm, inFlight: 1 } } })
    await plan(journal, 'a', [on('dev', 't1')], { mode: 'enforce' })
    await plan(journal, 'b', [on('dev', 't2')], { mode: 'enforce' })
    const first = await claimedStep(journal, one)
    t.match(await journal.claimAction('w', LEASE, one), { verdict: 'defer', rule: 'in-flight' })
    await journal.recordAttempt(first, changed('t1'), null)
    clock.now += SECOND
    await journal.recordAttempt(await claimedStep(journal, one), changed('t2'), null)
    const calmed = under({ coolDowns: [{ name: 'calm', forMs: HOUR }] })
    await plan(journal, 'a', [on('dev', 't1')], { mode: 'enforce', at: clock.now })
    t.match(await journal.claimAction('w', LEASE, calmed), { verdict: 'defer', rule: 'cool-down', until: START + HOUR })
  })

  for (const [policy, verdict] of [
    ['p', 'defer'],
    ['p@a', 'proceed'],
    ['p@b', 'proceed'],
    ['q', 'proceed']
  ] as const)
    test(`a limit for ${policy} counts what p@a did against p@b: ${verdict}`, async (t, { journal, clock }) => {
      const modes = { mode: 'enforce', clusters: {} } as const
      const limits = guard(
        {
          clusters: { dev: calm },
          budgets: [{ name: 'few', policy, most: 1, windowMs: HOUR }],
          coolDowns: []
        },
        { 'p@a': modes, 'p@b': modes }
      )
      const next = async (instance: string) => {
        clock.now += SECOND
        const routed = route(event(instance), 'a', { policy: instance })
        await journal.append({ events: [routed], ignored: [] })
        clock.now += SECOND
        const steps = [on('dev', `target of ${instance}`)]
        const { verdict } = await decideNext(journal, 'a', steps, { at: clock.now, mode: 'enforce', guard: limits })
        return { claim: await journal.claimAction('w', LEASE, limits), verdict }
      }
      const { claim } = await next('p@a')
      if (claim?.verdict !== 'proceed') throw new Error('the first step is not due')
      await journal.recordAttempt(claim.action, changed('target of p@a'), null)
      const second = await next('p@b')
      t.equal((second.claim ?? second.verdict)?.verdict, verdict)
    })

  test('counts are kept by policy, cluster, action and risk, across scopes', async (t, { journal, clock }) => {
    const two = under({
      budgets: [{ name: 'two', cluster: 'dev', action: 'say', risk: 'update', most: 2, windowMs: HOUR }]
    })
    for (const n of [1, 2, 3])
      await plan(journal, `l${n}`, [on('dev', `t${n}`, { scope: `s${n}` })], { mode: 'enforce' })
    await plan(journal, 'other', [on('infra', 't9')], { mode: 'enforce' })
    for (const n of [1, 2]) await journal.recordAttempt(await claimedStep(journal, two), changed(`t${n}`), null)
    t.match(await journal.claimAction('w', LEASE, two), { verdict: 'defer', rule: 'budget', until: START + HOUR })
    const other = await claimedStep(journal, two)
    t.equal(other.cluster, 'infra')
    await journal.recordAttempt(other, changed('t9'), null)
    clock.now += HOUR
    t.match(await decideNext(journal, 'l3', [on('dev', 't3')], { mode: 'enforce', at: clock.now }), { planned: true })
    t.match(await claimedStep(journal, two), { target: 't3' })
  })

  test('an undo records its inverse, gives the target back to its lane and pins it', async (t, { journal, clock }) => {
    await plan(journal, 'a', [on('dev', 't1')], { mode: 'enforce' })
    const inverse = { type: 'unsay', risk: 'delete', input: { say: 't1' } } as const
    const done = await claimedStep(journal)
    await journal.recordAttempt(done, { ...changed('t1'), inverse } as never, null)
    t.match(await journal.actions({ id: done.id, limit: 1 }), [{ inverse, cluster: 'dev' }])
    const back = on('dev', 't1', { holder: { policy: 'p', lane: 'a' }, pinMs: HOUR })
    await plan(journal, 'u', [back], { mode: 'enforce', requesters: ['alice'] })
    await journal.recordAttempt(await claimedStep(journal), changed('t1'), null)
    t.match(await journal.applied({ targets: ['t1'] }), [{ lane: 'a' }])
    t.match(await journal.pins(), [{ target: 't1', until: START + HOUR, reason: /^alice undid what was done there/ }])
    t.match(await plan(journal, 'a', [on('dev', 't1')], { mode: 'enforce' }), {
      planned: false,
      verdict: { verdict: 'hold', rule: 'undone', until: START + HOUR }
    })
    clock.now += HOUR
    t.match(await decideNext(journal, 'a', [on('dev', 't1')], { mode: 'enforce', at: clock.now }), { planned: true })
    t.same(await journal.pins(), [])
  })

  test('of independent steps one that is held does not hold the others', async (t, { journal }) => {
    await plan(journal, 'u', [on('dev', 't1', { pinMs: HOUR })], { mode: 'enforce' })
    await journal.recordAttempt(await claimedStep(journal), changed('t1'), null)
    const steps = [on('dev', 't1'), on('dev', 't2')]
    t.match(await plan(journal, 'a', steps, { mode: 'enforce', independent: true }), { planned: true })
    t.match(await journal.claimAction('w', LEASE, under()), { verdict: 'hold', rule: 'undone' })
    t.match(await claimedStep(journal), { target: 't2' })
  })

  test('observed plans are held, so that no sweep counts them as drift, and looked at again', async (t, {
    journal,
    clock
  }) => {
    t.match(await plan(journal, 'a', [on('dev', 't1')], { mode: 'observe' }), { planned: false, verdict: null })
    t.match(await journal.lanes({ key: 'a' }), [{ held: 'observe' }])
    t.equal(await journal.releaseHeld(['observe']), 1)
    t.match(await journal.claimLane('w', LEASE), { key: 'a', events: [{ type: 'stackreflex.released' }] })
    clock.now += SECOND
  })
}
