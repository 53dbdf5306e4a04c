import type { Test } from 'tap'
import type { ActionRequest, Result } from '../../src/core/action.ts'
import { type Guard, guard, type Usage } from '../../src/core/guard.ts'
import { planSteps, skip } from '../../src/core/policy.ts'
import { requestIdOf } from '../../src/core/request-id.ts'
import type { ActionClaim, ClaimedAction, ClaimedLane } from '../../src/store/claims.ts'
import type { Journal } from '../../src/store/journal.ts'
import { guardProperties } from './guard-properties.ts'
import { drifting } from './journal-drift.ts'
import {
  changed,
  decided,
  event,
  gone,
  HOUR,
  ignored,
  MINUTE,
  open,
  route,
  SECOND,
  START,
  saying,
  step,
  unchanged,
  wake
} from './journal-facts.ts'
import { guarding } from './journal-guard.ts'
import { happenings } from './journal-happenings.ts'
import { remembering } from './journal-memory.ts'
import { telling } from './journal-outbox.ts'
import { journalProperties } from './journal-properties.ts'

/** Gives a function that opens one more connection to one new, empty journal; all are closed after the test. */
export type Create = (t: Test, now: () => number) => Promise<() => Promise<Journal>>

const LEASE = 30 * SECOND
const late = { outcome: 'retry', reason: 'its turn comes later', called: false } as const

/** What every journal must do, whatever it is kept in; `only` some of its parts, where the others are known. */
export function journalContract(t: Test, create: Create, only: readonly string[] | null = null): void {
  const group = (name: string, tests: (test: JournalTest) => void) =>
    (only?.includes(name) ?? true) && t.test(name, async (t) => tests((name, body) => journalTest(name, body, t)))
  const journalTest = (name: string, body: (t: Test, at: Bench) => Promise<void>, parent: Test = t) =>
    parent.test(name, async (t) => {
      const clock = { now: START }
      const connect = await create(t, () => clock.now)
      await body(t, { clock, connect, journal: await connect() })
    })

  group('append', appending)
  group('happenings', happenings)
  group('lanes', laning)
  group('actions', acting)
  group('guard', guarding)
  group('memory', remembering)
  group('outbox', telling)
  group('drift', drifting)
  group('read side', reading)

  function appending(test: JournalTest): void {
    test('what is appended is there for every connection, as it was', async (t, { journal, connect }) => {
      const given = event('1', {
        requestId: 'req-1',
        data: { kind: 'recordset', zoneId: 'z', name: 'a.example.', type: 'A' }
      })
      t.same(await journal.append({ events: [route(given, 'a')], ignored: [ignored('2')] }), {
        appended: 2,
        duplicates: 0,
        woke: 1
      })
      const other = await connect()
      const [second, first] = await other.events({ limit: 10 })
      t.match(first, { ...given, ignored: false, reason: null, receivedAt: START })
      t.match(second, { id: '2', ignored: true, reason: 'of no use', data: null })
    })

    test('a duplicate is counted, wakes nothing and is stored once', async (t, { journal }) => {
      await journal.append({ events: [route(event('1'), 'a')], ignored: [ignored('2')] })
      await decideAll(journal)
      const again = { events: [route(event('1'), 'a'), route(event('1'), 'b')], ignored: [ignored('2')] }
      t.same(await journal.append(again), { appended: 0, duplicates: 3, woke: 0 })
      t.equal((await journal.events({ limit: 10 })).length, 2)
      t.same(
        (await journal.lanes({})).map(({ key, pending }) => [key, pending]),
        [['a', 0]]
      )
    })

    test('times keep their microseconds', async (t, { journal }) => {
      const times = ['2026-03-01T12:00:00.000001Z', '2026-03-01T12:00:00.999Z', '2026-03-01T12:00:00.120000Z']
      const events = times.map((time, n) => route(event(`${n}`, { time }), 'a'))
      await journal.append({ events, ignored: [] })
      const stored = (await journal.events({ limit: 3 })).map(({ time }) => time).reverse()
      t.same(stored, ['2026-03-01T12:00:00.000001Z', '2026-03-01T12:00:00.999Z', '2026-03-01T12:00:00.120Z'])
    })

    test('an event that woke nothing keeps the reason', async (t, { journal }) => {
      const events = [{ event: event('1'), lanes: [], note: 'dns: a volume has no name' }]
      t.equal((await journal.append({ events, ignored: [] })).woke, 0)
      t.equal((await journal.event('1'))?.reason, 'dns: a volume has no name')
      t.equal(await journal.nextDue(), null)
    })

    test('any text is stored as it is', async (t, { journal }) => {
      const subject = `'; drop table event; -- "\u0000é💥`
      await journal.append({ events: [route(event('1', { subject, type: subject }), subject)], ignored: [] })
      t.match(await journal.event('1'), { subject, type: subject })
      t.equal((await journal.claimLane('w', LEASE))?.key, subject)
    })

    test('a batch is appended as a whole or not at all', async (t, { journal }) => {
      const broken = route(event('2', { id: undefined as never }), 'a')
      await t.rejects(journal.append({ events: [route(event('1'), 'a'), broken], ignored: [] }))
      t.same(await journal.events({ limit: 10 }), [])
      t.same(await journal.lanes({}), [])
      t.equal((await journal.append({ events: [route(event('1'), 'a')], ignored: [] })).appended, 1, 'and it goes on')
    })

    test('what we caused wakes other lanes, not the one that caused it', async (t, { journal }) => {
      await planOf(journal, 'a', [step('t1')], ['act1'])
      const echo = event('echo', { globalRequestId: requestIdOf('act1') })
      const lanes = [wake('a'), wake('b'), wake('a', { policy: 'other' })]
      t.equal((await journal.append({ events: [{ event: echo, lanes, note: null }], ignored: [] })).woke, 2)
      t.same(
        (await journal.lanes({}))
          .filter(({ pending }) => pending > 0)
          .map(({ policy, key }) => `${policy}/${key}`)
          .sort(),
        ['other/a', 'p/b']
      )
      t.match(await journal.event('echo'), { reason: 'caused by our own action act1' })
    })

    test('an echo is known by the id that the service answered with, before and after the answer', async (t, {
      journal
    }) => {
      await planOf(journal, 'a', [step('t1')], ['act1'])
      const action = await claimedAction(journal)
      const early = event('early', { requestId: 'req-service' })
      const others = event('others', { requestId: 'req-somebody' })
      await journal.append({ events: [route(early, 'a'), route(early, 'b'), route(others, 'a')], ignored: [] })
      await journal.append({
        events: [{ event: { ...early, id: 'for b' }, lanes: [wake('b')], note: null }],
        ignored: []
      })
      await journal.recordAttempt(action, { ...changed('t1'), requestId: 'req-service' } as Result, null)
      await journal.append({ events: [route(event('late', { requestId: 'req-service' }), 'a')], ignored: [] })
      t.match(await journal.event('early'), { reason: 'caused by our own action act1' })
      t.match(await journal.event('late'), { reason: 'caused by our own action act1' })
      const [a, b] = [await claimed(journal), await claimed(journal)].sort((x, y) => (x.key < y.key ? -1 : 1))
      t.same([a!.key, a!.events.map(({ id }) => id)], ['a', ['others']], 'somebody else’s event still counts')
      t.equal(b!.key, 'b', 'and other lanes are woken')
      t.match(await journal.actions({ limit: 1 }), [{ attempts: [{ requestId: 'req-service' }] }])
    })

    test('an echo that was all a lane waited for leaves nothing due', async (t, { journal }) => {
      await planOf(journal, 'a', [step('t1')], ['act1'])
      const action = await claimedAction(journal)
      await journal.append({ events: [route(event('early', { requestId: 'req-service' }), 'a')], ignored: [] })
      await journal.recordAttempt(action, { ...changed('t1'), requestId: 'req-service' } as Result, null)
      t.equal(await journal.nextDue(), null)
      t.match(await journal.lanes({ key: 'a' }), [{ pending: 0, openDecision: null }])
    })
  }

  function laning(test: JournalTest): void {
    test('events fold: due quietMs after the last, at the latest maxMs after the first', async (t, {
      journal,
      clock
    }) => {
      const lane = { quietMs: 2 * SECOND, maxMs: 5 * SECOND }
      for (const n of [0, 1, 2, 3]) {
        clock.now = START + n * 1.5 * SECOND
        await journal.append({ events: [route(event(`${n}`), 'a', lane)], ignored: [] })
        t.equal(await journal.nextDue(), Math.min(clock.now + 2 * SECOND, START + 5 * SECOND))
        t.equal(await journal.claimLane('w', LEASE), null)
      }
      clock.now = START + 5 * SECOND
      const claim = await journal.claimLane('w', LEASE)
      t.match(claim, { key: 'a', count: 4, throughSeq: 4, generation: 0, tries: 0 })
      t.same(
        claim?.events.map(({ id }) => id),
        ['0', '1', '2', '3']
      )
    })

    test('the lane that has been due longest comes first', async (t, { journal, clock }) => {
      for (const key of ['b', 'a', 'c']) {
        await journal.append({ events: [route(event(key), key)], ignored: [] })
        clock.now += SECOND
      }
      const keys = [1, 2, 3, 4].map(async () => (await journal.claimLane('w', LEASE))?.key)
      t.same(await Promise.all(keys), ['b', 'a', 'c', undefined])
    })

    test('two connections never hold one lane', async (t, { journal, connect }) => {
      const other = await connect()
      const keys = Array.from({ length: 20 }, (_, n) => `lane-${n}`)
      await journal.append({ events: keys.map((key) => route(event(key), key)), ignored: [] })
      const claims = await Promise.all(
        keys.flatMap(() => [journal.claimLane('one', LEASE), other.claimLane('two', LEASE)])
      )
      t.same(claims.flatMap((claim) => claim?.key ?? []).sort(), [...keys].sort())
    })

    test('a lease ends on the clock; what comes late is not recorded', async (t, { journal, clock, connect }) => {
      const other = await connect()
      await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
      const slow = await claimed(journal)
      t.equal(await other.claimLane('two', LEASE), null)
      t.equal(await journal.nextDue(), clock.now + LEASE)
      clock.now += LEASE
      t.equal(
        await decided(journal, slow, skip('too late')),
        null,
        'the lease is over, whether or not somebody took over'
      )
      const fast = await other.claimLane('two', LEASE)
      t.match(fast, { key: 'a', owner: 'two' })
      t.equal(await decided(journal, slow, skip('too late')), null)
      await journal.postponeLane(slow, clock.now + HOUR, 'too late')
      await journal.parkLane(slow, 'too late', 'build')
      t.type(await decided(other, fast!, skip('in time')), 'number')
      t.same(
        (await journal.decisions({ limit: 9 })).map(({ reason }) => reason),
        ['in time']
      )
      t.match(await journal.lanes({}), [{ parked: null, waiting: null, pending: 0 }])
    })

    test('a decision takes the claimed events; later ones wait for the next', async (t, { journal, clock }) => {
      const lane = { quietMs: SECOND, maxMs: 10 * SECOND }
      await journal.append({ events: [route(event('1'), 'a', lane)], ignored: [] })
      clock.now += SECOND
      const claim = await claimed(journal)
      clock.now += SECOND
      await journal.append({
        events: [route(event('2', { subject: 'later' }), 'a', { ...lane, resources: ['later'] })],
        ignored: []
      })
      await decided(journal, claim, skip('r', { resources: ['new'] }))
      t.match(await journal.lanes({}), [{ key: 'a', pending: 1, dueAt: clock.now + SECOND }])
      clock.now += SECOND
      t.match(await claimed(journal), { generation: 1, count: 1, events: [{ id: '2' }], resources: ['later', 'new'] })
    })

    test('more than 1,000 events of a lane are decided in rounds', async (t, { journal }) => {
      const events = Array.from({ length: 2300 }, (_, n) => route(event(`${n}`), 'a'))
      await journal.append({ events, ignored: [] })
      const counts: number[] = []
      for (
        let claim = await journal.claimLane('w', LEASE);
        claim !== null;
        claim = await journal.claimLane('w', LEASE)
      ) {
        counts.push(claim.count)
        await decided(journal, claim, skip('r'))
      }
      t.same(counts, [1000, 1000, 300])
    })

    test('a decision says what the lane is about', async (t, { journal }) => {
      await journal.append({ events: [route(event('1'), 'a', { resources: ['s1', 's2'] })], ignored: [] })
      const claim = await claimed(journal)
      t.same(claim.resources, ['s1', 's2'])
      t.match(await journal.lanesAbout('p', 's1'), [{ key: 'a', busy: true, applied: [] }])
      await decided(journal, claim, skip('r', { resources: ['s2', 's3'] }))
      t.same(await journal.lanesAbout('p', 's1'), [])
      t.match(await journal.lanesAbout('p', 's3'), [{ key: 'a', busy: false }])
      t.same(await journal.laneNow('p', 'a'), { resources: ['s2', 's3'], moving: false })
      t.same(await journal.laneNow('p', 'none'), { resources: [], moving: false })
      t.same(await journal.lanesAbout('other', 's3'), [])
    })

    test('what is not to be claimed now is left out, and what is given back is due as before', async (t, {
      journal
    }) => {
      await journal.append({ events: [route(event('1'), 'a'), route(event('2'), 'b')], ignored: [] })
      const first = await claimed(journal)
      t.match(first, { key: 'a', tries: 0 })
      await journal.giveBackLane(first, 'prod keeps 8 of 16 busy')
      t.match(await journal.lanes({ key: 'a' }), [{ waiting: 'prod keeps 8 of 16 busy', pending: 1 }])
      const second = await journal.claimLane('w', LEASE, [first.lane])
      t.match(second, { key: 'b' })
      t.equal(await journal.claimLane('w', LEASE, [first.lane]), null)
      const again = await journal.claimLane('x', LEASE)
      t.match(again, { key: 'a', tries: 0, count: 1 }, 'nothing was counted against it')
      await journal.giveBackLane(first, 'late')
      t.match(
        await journal.lanes({ key: 'a' }),
        [{ waiting: 'prod keeps 8 of 16 busy' }],
        'a claim that is over is nobody’s'
      )
      const free = guard({ clusters: {}, budgets: [], coolDowns: [] }, { p: { mode: 'enforce', clusters: {} } })
      await decided(journal, again!, planSteps('r', [step('t1')]), { actionIds: ['a1'] })
      await decided(journal, second!, planSteps('r', [step('t2')]), { actionIds: ['b1'] })
      const one = await journal.claimAction('w', LEASE, free)
      t.match(one, { action: { id: 'a1' } })
      if (one?.verdict !== 'proceed') throw new Error('it may proceed')
      await journal.recordAttempt(one.action, { ...late, afterMs: 0 }, START)
      t.match(await journal.claimAction('w', LEASE, free, [one.action.seq]), { action: { id: 'b1' } })
      t.equal(await journal.claimAction('w', LEASE, free, [one.action.seq]), null)
      const next = await journal.claimAction('w', LEASE, free)
      t.match(next, { action: { id: 'a1', attempt: 2 } })
      if (next?.verdict !== 'proceed') throw new Error('it may proceed')
      await journal.giveBackAction(next.action, 'prod keeps 16 of 32 busy')
      t.match(await journal.actions({ limit: 1, id: 'a1' }), [
        { state: 'ready', reason: 'prod keeps 16 of 32 busy', attempts: [{ outcome: 'retry' }] }
      ])
      t.match(await journal.claimAction('x', LEASE, free), { action: { id: 'a1', attempt: 2 } }, 'no try was used up')
      await journal.giveBackAction(next.action, 'late')
      t.match(await journal.actions({ limit: 1, id: 'a1' }), [{ state: 'claimed' }], 'a claim that is over is nobody’s')
    })

    test('hints of a decision wake their lanes in the same transaction', async (t, { journal }) => {
      await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
      const hints = [route(event('hint', { source: '/stackreflex/decide' }), 'b', { resources: ['s9'] })]
      await decided(journal, await claimed(journal), skip('r'), { hints })
      t.match(await claimed(journal), { key: 'b', resources: ['s9'], events: [{ id: 'hint' }] })
    })

    test('a postponed lane waits, also when events come in between', async (t, { journal, clock }) => {
      await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
      await journal.postponeLane(await claimed(journal), clock.now + MINUTE, 'nova answers 503')
      t.match(await journal.lanes({}), [{ waiting: 'nova answers 503', pending: 1 }])
      clock.now += SECOND
      await journal.append({ events: [route(event('2'), 'a')], ignored: [] })
      t.equal(await journal.nextDue(), START + MINUTE)
      t.equal(await journal.claimLane('w', LEASE), null)
      clock.now = START + MINUTE
      const claim = await claimed(journal)
      t.match(claim, { tries: 1, count: 2 })
      await decided(journal, claim, skip('r'))
      t.match(await journal.lanes({}), [{ waiting: null }])
      await journal.append({ events: [route(event('3'), 'a')], ignored: [] })
      t.match(await claimed(journal), { tries: 0 }, 'the past is forgotten after a success')
    })

    test('a parked lane keeps its events until the next one comes', async (t, { journal, clock }) => {
      await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
      await journal.parkLane(await claimed(journal), 'a bug', 'build')
      clock.now += HOUR
      t.equal(await journal.claimLane('w', LEASE), null)
      t.equal(await journal.nextDue(), null)
      t.match(await journal.lanes({ parked: true }), [{ key: 'a', parked: 'a bug', pending: 1 }])
      t.match(await journal.decisions({ limit: 1 }), [{ outcome: 'failed', reason: 'a bug', events: [1], mode: null }])
      t.match(await journal.counts(), { lanesParked: 1 })
      await journal.append({ events: [route(event('2'), 'a')], ignored: [] })
      t.match(await claimed(journal), { count: 2 })
      t.same(await journal.lanes({ parked: true }), [])
    })

    test('an event that comes while a lane fails has it tried again', async (t, { journal }) => {
      await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
      const claim = await claimed(journal)
      await journal.append({ events: [route(event('2'), 'a')], ignored: [] })
      await journal.parkLane(claim, 'a bug', 'build')
      const again = await claimed(journal)
      t.match(again, { count: 2 })
      await journal.parkLane(again, 'a bug', 'build')
      t.equal(await journal.claimLane('w', LEASE), null, 'but not for ever')
    })

    test('after a crash everything is free at once', async (t, { journal, connect }) => {
      await planOf(journal, 'b', [step('t1')], ['b1'])
      await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
      await claimed(journal)
      await claimedAction(journal)
      const restarted = await connect()
      t.equal(await restarted.releaseEarlier('w#2'), 2)
      t.match(await restarted.claimLane('w', LEASE), { key: 'a' })
      t.match(await restarted.claimAction('w', LEASE, open), { action: { id: 'b1', attempt: 2 } })
    })

    test('a replica that starts again frees its own claims and leaves those of the others', async (t, at) => {
      const { journal, connect } = at
      for (const lane of ['a', 'b']) await planOf(journal, lane, [step(`t-${lane}`)], [lane])
      for (const lane of ['c', 'd']) await journal.append({ events: [route(event(lane), lane)], ignored: [] })
      const other = await connect()
      const hers = await journal.claimLane('one#1', LEASE)
      const theirs = await other.claimLane('two#1', LEASE)
      const step1 = await journal.claimAction('one#1', LEASE, open)
      const step2 = await other.claimAction('two#1', LEASE, open)
      t.match([step1?.verdict, step2?.verdict], ['proceed', 'proceed'])
      t.equal(await journal.releaseEarlier('on#2'), 0, 'a name that begins alike is another replica')
      t.equal(await journal.releaseEarlier('one#1'), 0, 'what this very start holds')
      t.equal(await journal.releaseEarlier('one#2'), 2)
      t.equal(await journal.mayCall(proceeding(step1)), null, 'released')
      t.match(await other.mayCall(proceeding(step2)), { leftMs: LEASE })
      t.match(await journal.claimLane('one#2', LEASE), { key: hers?.key })
      t.equal(await journal.claimLane('one#2', LEASE), null, 'the other lane is taken')
      t.match(await journal.claimAction('one#2', LEASE, open), { action: { id: proceeding(step1).id, attempt: 2 } })
      t.equal(await journal.claimAction('one#2', LEASE, open), null)
      t.ok(await other.recordAttempt(proceeding(step2), changed('t-b'), null), 'nobody came between')
      t.ok((await decided(other, theirs!, skip('r'))) !== null)
    })
  }

  function acting(test: JournalTest): void {
    test('steps run in order, and the lane waits for the last', async (t, { journal, clock }) => {
      const decision = await planOf(journal, 'a', [step('t1'), step('t2')], ['a1', 'a2'])
      await journal.append({ events: [route(event('later'), 'a')], ignored: [] })
      t.equal(await journal.claimLane('w', LEASE), null, 'an open plan')
      t.same(await journal.busyLanes('p'), new Set(['a']))
      const first = await claimedAction(journal)
      t.match(first, { id: 'a1', ordinal: 0, policy: 'p', target: 't1', attempt: 1, decision, input: { say: 't1' } })
      t.equal(await journal.claimAction('w', LEASE, open), null, 'the second waits for the first')
      t.same(await journal.mayCall(first), { leftMs: LEASE, stops: [] })
      clock.now += SECOND
      t.equal(await journal.recordAttempt(first, changed('t1'), null), true)
      await journal.recordAttempt(await claimedAction(journal), changed('t2'), null)
      t.match(await claimed(journal), { key: 'a', events: [{ id: 'later' }] })
      t.match(await journal.actions({ limit: 9 }), [
        { id: 'a2', state: 'done' },
        {
          id: 'a1',
          state: 'done',
          finishedAt: clock.now,
          requestId: requestIdOf('a1'),
          attempts: [{ n: 1, outcome: 'changed' }]
        }
      ])
      t.same(
        (await journal.applied({ policy: 'p' })).map(({ target, lane }) => [target, lane]),
        [
          ['t1', 'a'],
          ['t2', 'a']
        ]
      )
    })

    test('in observe mode there is nothing to do', async (t, { journal }) => {
      await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
      await decided(journal, await claimed(journal), planSteps('r', [step('t1')]), { mode: 'observe' })
      t.same(await journal.actions({ limit: 9 }), [])
      t.match(await journal.decisions({ limit: 1 }), [{ mode: 'observe', plan: [{ target: 't1' }] }])
      t.match(await journal.lanes({}), [{ openDecision: null }])
    })

    test('a target is changed by one at a time, across lanes', async (t, { journal, clock, connect }) => {
      const other = await connect()
      await planOf(journal, 'a', [step('shared')], ['a1'])
      await planOf(journal, 'b', [step('shared')], ['b1'])
      const first = await claimedAction(journal)
      t.equal(await other.claimAction('two', LEASE, open), null)
      t.equal(await journal.nextDue(), clock.now + LEASE, 'not before: that would be a busy loop')
      await journal.recordAttempt(first, changed('shared'), null)
      t.match(await other.claimAction('two', LEASE, open), { action: { id: 'b1' } })
    })

    test('a lost claim: the step is claimed again, the late result is only written down', async (t, {
      journal,
      clock
    }) => {
      await planOf(journal, 'a', [step('t1')], ['a1'])
      const slow = await claimedAction(journal)
      clock.now += LEASE
      t.equal(await journal.mayCall(slow), null)
      const again = await claimedAction(journal)
      t.match(again, { id: 'a1', attempt: 2 })
      t.equal(await journal.recordAttempt(slow, changed('t1'), null), false)
      t.same(await journal.applied({ targets: ['t1'] }), [])
      await journal.recordAttempt(again, unchanged('t1'), null)
      t.match(await journal.actions({ limit: 1 }), [
        { state: 'done', attempts: [{ outcome: 'superseded' }, { outcome: 'unchanged' }] }
      ])
    })

    test('retry: again when it is time', async (t, { journal, clock }) => {
      await planOf(journal, 'a', [step('t1')], ['a1'])
      const at = clock.now + 5 * SECOND
      const retry: Result = { outcome: 'retry', reason: '503', afterMs: null, called: false }
      await journal.recordAttempt(await claimedAction(journal), retry, at)
      t.equal(await journal.nextDue(), at)
      t.equal(await journal.claimAction('w', LEASE, open), null)
      clock.now = at
      t.match(await claimedAction(journal), { id: 'a1', attempt: 2 })
    })

    test('stale: the rest is cancelled, the lane is decided again', async (t, { journal, clock }) => {
      await planOf(journal, 'a', [step('t1'), step('t2')], ['a1', 'a2'])
      await journal.recordAttempt(await claimedAction(journal), { outcome: 'stale', reason: 'not as expected' }, null)
      t.match(await journal.actions({ limit: 9 }), [
        { id: 'a2', state: 'cancelled', reason: 'step 1 is stale: not as expected' },
        { id: 'a1', state: 'stale', reason: 'not as expected' }
      ])
      t.ok((await journal.nextDue())! >= clock.now + SECOND, 'not at once: the two might disagree for ever')
      clock.now = (await journal.nextDue())!
      t.match(await claimed(journal), {
        key: 'a',
        generation: 1,
        events: [{ type: 'stackreflex.stale', source: '/stackreflex/act' }]
      })
    })

    test('failed: the rest is cancelled, the lane is parked until something happens', async (t, { journal }) => {
      await planOf(journal, 'a', [step('t1'), step('t2')], ['a1', 'a2'])
      const failed: Result = { outcome: 'failed', reason: 'forbidden', called: true }
      await journal.recordAttempt(await claimedAction(journal), failed, null)
      t.match(await journal.actions({ limit: 9 }), [{ state: 'cancelled' }, { state: 'failed', reason: 'forbidden' }])
      t.match(await journal.lanes({}), [{ parked: 'forbidden', openDecision: null }])
      t.equal(await journal.nextDue(), null)
      await journal.append({ events: [route(event('next'), 'a')], ignored: [] })
      t.match(await claimed(journal), { key: 'a', count: 1 })
    })

    test('independent steps run side by side; one that fails cancels nothing and parks the lane at the end', async (t, {
      journal
    }) => {
      await journal.append({ events: [route(event('x'), 'a')], ignored: [] })
      const steps = [step('t1'), step('t2'), step('t3')]
      await decided(journal, await claimed(journal), planSteps('r', steps, { independent: true }), {
        actionIds: ['a1', 'a2', 'a3']
      })
      const [one, two, three] = [
        await claimedAction(journal),
        await claimedAction(journal),
        await claimedAction(journal)
      ]
      await journal.recordAttempt(two, { outcome: 'failed', reason: 'forbidden', called: true }, null)
      t.match(await journal.lanes({}), [{ parked: null, openDecision: one.decision }], 'the others are still at it')
      await journal.recordAttempt(three, changed('t3'), null)
      await journal.recordAttempt(one, changed('t1'), null)
      t.match(await journal.lanes({}), [{ parked: 'forbidden', openDecision: null }])
      t.same(
        (await journal.actions({ limit: 9 })).map(({ state }) => state),
        ['done', 'failed', 'done']
      )
    })

    test('a retry may say what is ours already', async (t, { journal }) => {
      await planOf(journal, 'a', [step('t1')], ['a1'])
      const { applied } = changed('t1') as Extract<Result, { outcome: 'changed' }>
      const retry: Result = { outcome: 'retry', reason: 'not served yet', afterMs: null, called: true, applied }
      await journal.recordAttempt(await claimedAction(journal), retry, START)
      t.match(await journal.applied({ targets: ['t1'] }), [{ target: 't1', value: { say: 't1' } }])
    })

    test('the guard refuses within the claim: recorded, cancelled, free again', async (t, { journal }) => {
      await planOf(journal, 'a', [step('t1', 'delete'), step('t2')], ['a1', 'a2'])
      const refuse = saying(() => ({ verdict: 'refuse', rule: 'budget', reason: 'too much' }))
      t.same(await journal.claimAction('w', LEASE, refuse), {
        verdict: 'refuse',
        id: 'a1',
        type: 'say',
        rule: 'budget',
        reason: 'too much'
      })
      t.match(await journal.actions({ limit: 9 }), [
        { state: 'cancelled', reason: 'step 1 is refused: too much' },
        { state: 'refused', reason: 'too much', attempts: [] }
      ])
      t.match(await journal.lanes({}), [{ openDecision: null, parked: null, waiting: 'too much' }])
    })

    test('the guard sees what was deleted within the window, and what is held', async (t, { journal, clock }) => {
      const seen: Usage[] = []
      const look = saying((_, { usages }) => {
        seen.push(...usages)
        return { verdict: 'proceed' }
      })
      for (const target of ['t1', 't2', 't3', 't4']) await hold(journal, target)
      const remove = async (key: string) => {
        await planOf(journal, key, [step(key, 'delete')], [key])
        const claim = await journal.claimAction('w', LEASE, look)
        if (claim?.verdict === 'proceed') await journal.recordAttempt(claim.action, gone(key), null)
      }
      await remove('t1')
      await remove('t2')
      clock.now += MINUTE
      await remove('t3')
      clock.now = START + HOUR
      await remove('t4')
      t.same(seen, [
        { used: 0, held: 4, freesAt: null },
        { used: 1, held: 3, freesAt: START + HOUR },
        { used: 2, held: 2, freesAt: START + HOUR },
        { used: 1, held: 1, freesAt: START + MINUTE + HOUR }
      ])
    })

    test('shares are of what one project has in a scope, and what is gone for certain is counted apart', async (t, {
      journal
    }) => {
      const seen: Usage[] = []
      const look: Guard = {
        asks: ({ gone }) => [
          { match: { risk: 'delete', gone: gone === true }, windowMs: HOUR, among: 'project' },
          { match: { policy: 'p' }, windowMs: HOUR, among: 'scope' }
        ],
        judge: (_, { usages }) => {
          seen.push(...usages)
          return { verdict: 'proceed' }
        }
      }
      const of = (project: string, target: string) => ({ target, scope: 'zone', value: { project } })
      for (const target of ['a1', 'a2', 'a3']) await journal.setApplied('p', { ...of('a', target), lane: target }, [])
      for (const target of ['b1', 'b2']) await journal.setApplied('p', { ...of('b', target), lane: target }, [])
      const remove = async (project: string, target: string, gone: boolean) => {
        const one = { ...step(target, 'delete'), input: { project }, ...(gone && { gone: true as const }) }
        await planOf(journal, target, [one], [target])
        seen.length = 0
        const claim = await journal.claimAction('w', LEASE, look)
        if (claim?.verdict !== 'proceed') throw new Error('no step is due')
        t.equal(claim.action.gone, gone ? true : undefined)
        await journal.recordAttempt(
          claim.action,
          { outcome: 'changed', note: 'x', applied: { ...of(project, target), value: null } },
          null
        )
        return seen.map(({ used, held }) => ({ used, held }))
      }
      t.same(await remove('a', 'a1', false), [
        { used: 0, held: 3 },
        { used: 0, held: 0 }
      ])
      t.same(
        await remove('b', 'b1', false),
        [
          { used: 0, held: 2 },
          { used: 1, held: 0 }
        ],
        'nothing of another project'
      )
      t.same(
        await remove('a', 'a2', true),
        [
          { used: 0, held: 3 },
          { used: 2, held: 0 }
        ],
        'a reserve of its own, of all there was'
      )
      t.same(await remove('a', 'a3', true), [
        { used: 1, held: 2 },
        { used: 3, held: 0 }
      ])
    })

    const outcomes: [string, Result, number][] = [
      ['changed counts', gone('t1'), 1],
      [
        'unchanged is refunded',
        { outcome: 'unchanged', applied: { target: 't1', scope: 'zone', value: null }, note: '' },
        0
      ],
      ['stale is refunded', { outcome: 'stale', reason: '' }, 0],
      ['failed before the call is refunded', { outcome: 'failed', reason: '', called: false }, 0],
      ['failed after the call counts', { outcome: 'failed', reason: '', called: true }, 1],
      ['retry before the call is refunded', { outcome: 'retry', reason: '', afterMs: null, called: false }, 0],
      ['retry after the call counts', { outcome: 'retry', reason: '', afterMs: null, called: true }, 1]
    ]
    for (const [name, result, deletes] of outcomes) {
      test(`budget: ${name}`, async (t, { journal, clock }) => {
        await planOf(journal, 'a', [step('t1', 'delete')], ['a1'])
        await journal.recordAttempt(await claimedAction(journal), result, clock.now + MINUTE)
        t.equal(await usedDeletes(journal), deletes)
      })
    }

    test('budget: what an attempt of unknown outcome may have done counts, whatever the next finds', async (t, {
      journal,
      clock
    }) => {
      await planOf(journal, 'a', [step('t1', 'delete')], ['a1'])
      await claimedAction(journal)
      clock.now += LEASE
      await journal.recordAttempt(await claimedAction(journal), unchanged('t1', null), null)
      t.equal(await usedDeletes(journal), 1)
    })

    test('two connections never pass the guard beyond its limit', async (t, { journal, connect }) => {
      const other = await connect()
      const targets = Array.from({ length: 20 }, (_, n) => `t${n}`)
      for (const target of targets) {
        await hold(journal, target)
        await planOf(journal, target, [step(target, 'delete')], [target])
      }
      const budgets = [{ name: 'half', risk: 'delete', share: 0.5, from: 0, windowMs: HOUR }] as const
      const half = guard({ clusters: {}, budgets, coolDowns: [] }, { p: { mode: 'enforce', clusters: {} } })
      const claims = await Promise.all(
        targets.flatMap(() => [journal.claimAction('one', LEASE, half), other.claimAction('two', LEASE, half)])
      )
      const verdicts = claims.flatMap((claim) => claim?.verdict ?? [])
      t.equal(verdicts.filter((verdict) => verdict === 'proceed').length, 10)
      t.equal(verdicts.filter((verdict) => verdict === 'refuse').length, 10)
    })

    test('what a person adopted is held, and forgotten', async (t, { journal }) => {
      const row = { target: 't1', scope: 'zone', lane: 'a', value: { records: ['1'] } }
      await journal.setApplied('p', row, ['s1'])
      t.same(await journal.applied({ lane: 'a', policy: 'p' }), [row])
      t.match(await journal.lanesAbout('p', 's1'), [{ key: 'a', busy: false, applied: [row] }])
      await journal.setApplied('p', { ...row, value: null }, [])
      t.same(await journal.applied({ targets: ['t1'] }), [])
    })
  }

  function reading(test: JournalTest): void {
    test('equal answers and settings are stored once, and can be read', async (t, { journal }) => {
      const query = { name: 'servers', params: { id: 's1' } }
      for (const key of ['a', 'b']) {
        await journal.append({ events: [route(event(key), key)], ignored: [] })
        const answer = key === 'a' ? { x: 1, y: [null, 'é'] } : { y: [null, 'é'], x: 1 }
        await decided(journal, await claimed(journal), skip('r'), { answers: { server: { query, answer } } })
      }
      const [second, first] = await journal.decisions({ limit: 2 })
      t.match(first, {
        generation: 1,
        build: 'build',
        at: START,
        outcome: 'skip',
        events: [1],
        answers: { server: { query } }
      })
      t.equal(first?.answers.server?.sha256, second?.answers.server?.sha256)
      t.same(await journal.answer(first!.answers.server!.sha256), { x: 1, y: [null, 'é'] })
      t.same(await journal.answer(first!.settings), { zone: 'example.org.' })
      t.equal(await journal.answer('0'.repeat(64)), undefined)
    })

    test('pages go back in time by their cursor', async (t, { journal }) => {
      const events = Array.from({ length: 25 }, (_, n) => route(event(`${n}`), `lane-${n}`))
      await journal.append({ events, ignored: [] })
      await decideAll(journal)
      for (const list of [
        async (before?: number) =>
          (await journal.events({ limit: 10, ...(before && { before }) })).map(({ seq }) => seq),
        async (before?: number) =>
          (await journal.decisions({ limit: 10, ...(before && { before }) })).map(({ id }) => id)
      ]) {
        const seen: number[] = []
        for (let page = await list(); page.length > 0; page = await list(page.at(-1))) seen.push(...page)
        t.same(
          seen,
          Array.from({ length: 25 }, (_, n) => 25 - n)
        )
      }
    })

    test('filters', async (t, { journal, clock }) => {
      const events = [
        event('m1/compute.instance.create.end#0', {
          type: 'compute.instance.create.end',
          subject: 's1',
          project: 'p1'
        }),
        event('m2/compute.instance.delete.end#0', {
          type: 'compute.instance.delete.end',
          subject: 's2',
          project: 'p1'
        }),
        event('m3/port.create.end#0', { type: 'port.create.end', subject: 's1', project: 'p2' })
      ]
      for (const one of events) {
        await journal.append({ events: [route(one, one.id, { resources: [one.subject!] })], ignored: [] })
        clock.now += SECOND
      }
      const eventIds = async (page: object) =>
        (await journal.events({ limit: 9, ...page })).map(({ id }) => id.slice(0, 2))
      t.same(await eventIds({ resource: 's1' }), ['m3', 'm1'])
      t.same(await eventIds({ project: 'p1' }), ['m2', 'm1'])
      t.same(await eventIds({ type: 'port.create.end' }), ['m3'])
      t.same(await eventIds({ type: 'compute.*' }), ['m2', 'm1'])
      t.same(await eventIds({ since: START + SECOND }), ['m3', 'm2'])
      t.same(await eventIds({ since: START + HOUR }), [])
      t.same(await eventIds({ since: 0, resource: 's1', project: 'p1' }), ['m1'])
      t.equal((await journal.event('2'))?.id, events[1]?.id)
      t.equal((await journal.event('m3'))?.id, events[2]?.id, 'by message id')
      t.equal((await journal.event(events[0]!.id))?.seq, 1)
      t.equal(await journal.event('m'), null)

      await decideAll(journal)
      const decisionIds = async (page: object) =>
        (await journal.decisions({ limit: 9, ...page })).flatMap((one) => one.events)
      t.same(await decisionIds({ resource: 's1' }), [3, 1])
      t.same(await decisionIds({ project: 'p1' }), [2, 1])
      t.same(await decisionIds({ event: 2 }), [2])
      t.same(await decisionIds({ lane: events[0]!.id }), [1])
      t.same(await decisionIds({ id: 3 }), [3])
      t.match(await journal.lanes({ key: events[1]!.id }), [{ key: events[1]!.id }])
      t.same(await journal.lanes({ resource: 'nothing' }), [])

      const decision = await planOf(journal, 'a', [step('t1')], ['a1'])
      for (const page of [{ decision }, { id: 'a1' }, { lane: 'a' }, { type: 'say' }, { resource: 'res-a' }, {}])
        t.match(await journal.actions({ limit: 9, ...page }), [{ id: 'a1', lane: 'a', state: 'ready' }])
      t.same(await journal.actions({ limit: 9, lane: 'b' }), [])
    })

    test('counts', async (t, { journal, clock }) => {
      t.same(await journal.counts(), {
        events: 0,
        lanesPending: 0,
        lanesParked: 0,
        lanesHeld: 0,
        approvalsOpen: 0,
        actionsOpen: 0,
        missed: 0,
        noEventExists: 0,
        lastEventAt: null
      })
      await planOf(journal, 'a', [step('t1'), step('t2')], ['a1', 'a2'])
      await journal.append({ events: [route(event('1'), 'b')], ignored: [ignored('2')] })
      clock.now += SECOND
      await journal.append({ events: [route(event('hint', { source: '/stackreflex/sweep' }), 'b')], ignored: [] })
      t.match(
        await journal.counts(),
        { events: 4, lanesPending: 1, actionsOpen: 2, lastEventAt: START },
        'hints are no news'
      )
    })

    test('an event is found by its id, or by the message id that it begins with, the newest first', async (t, {
      journal
    }) => {
      const ids = ['m', 'm/x#0', 'm/x#1', 'm-1', 'm1/x#0', '0f8c6a4e-1111-4222-8333-444455556666/x#0', 'hint-1-2-3#0']
      // More than one block of seqs: the ids of each are in an order of their own.
      const filler = Array.from({ length: 5000 }, (_, n) => route(event(`filler-${n}`), 'lane'))
      await journal.append({ events: [...ids.map((id) => route(event(id), 'lane')), ...filler], ignored: [] })
      await journal.append({ events: [route(event('late/x#0'), 'lane')], ignored: [ignored('m/x#2')] })
      const found = async (id: string) => (await journal.event(id))?.id
      t.equal(await found('m'), 'm/x#2', 'what was ignored too')
      t.equal(await found('m1'), 'm1/x#0')
      t.equal(await found('m-1'), 'm-1')
      t.equal(await found('0f8c6a4e-1111-4222-8333-444455556666'), '0f8c6a4e-1111-4222-8333-444455556666/x#0')
      t.equal(await found('hint-1-2-3#0'), 'hint-1-2-3#0')
      t.equal(await found('filler-17'), 'filler-17')
      t.equal(await found('late'), 'late/x#0')
      for (const id of ['', 'l', 'fille', 'filler', '0f8c6a4e-1111', 'zzz']) t.equal(await found(id), undefined, id)
    })

    test('whatever is asked together, the answer has just the rows that are all of it', async (t, {
      journal,
      clock
    }) => {
      const types = ['a.b', 'a.c', 'b.a']
      const given = Array.from({ length: 6000 }, (_, n) =>
        route(
          event(`${n}`, {
            type: types[n % 3]!,
            project: `p${n % 7}`,
            subject: `s${n % 5}`,
            time: new Date(START + n).toISOString()
          }),
          `lane-${n % 11}`
        )
      )
      for (let n = 0; n < given.length; n += 1000) {
        clock.now = START + n
        await journal.append({ events: given.slice(n, n + 1000), ignored: [] })
      }
      const rows = await journal.events({ limit: 10_000 })
      const is = (type: string | undefined, of: string) =>
        type === undefined || (type.endsWith('*') ? of.startsWith(type.slice(0, -1)) : of === type)
      for (const type of [undefined, 'a.b', 'a.*', 'z*', 'zzz'])
        for (const project of [undefined, 'p3', 'none'])
          for (const resource of [undefined, 's1', 'none'])
            for (const limit of [7, 9999])
              for (const range of [
                {},
                { since: START + 2000 },
                { since: START + 1000, until: START + 3000 },
                { before: 77 }
              ]) {
                const asked = {
                  ...(type && { type }),
                  ...(project && { project }),
                  ...(resource && { resource }),
                  ...range,
                  limit
                }
                const {
                  since = 0,
                  until = Number.MAX_VALUE,
                  before = Number.MAX_VALUE
                } = range as Record<string, number>
                const expected = rows
                  .filter((row) => is(type, row.type) && (project ?? row.project) === row.project)
                  .filter((row) => (resource ?? row.subject) === row.subject && row.seq < before)
                  .filter((row) => row.receivedAt >= since && row.receivedAt <= until)
                const seqs = (await journal.events(asked)).map(({ seq }) => seq)
                t.strictSame(
                  seqs,
                  expected.slice(0, limit).map(({ seq }) => seq),
                  JSON.stringify(asked)
                )
              }
    })

    test('the installation keeps its id', async (t, { journal, connect }) => {
      const id = await journal.installId()
      t.match(id, /^[0-9a-f]{8}$/)
      t.equal(await (await connect()).installId(), id)
    })

    test('prune deletes finished chains only', async (t, { journal, clock }) => {
      const query = { name: 'q', params: null }
      const data = { kind: 'zone', name: 'z' } as const
      await journal.append({ events: [route(event('done', { data }), 'done')], ignored: [ignored('ignored')] })
      await decided(journal, await claimed(journal), skip('r'), { answers: { a: { query, answer: 'old' } } })
      await planOf(journal, 'open', [step('t1')], ['open1'])
      await journal.append({ events: [route(event('pending', { data }), 'pending')], ignored: [] })
      const [, done] = await journal.decisions({ limit: 9 })
      clock.now += HOUR
      await journal.append({ events: [route(event('young', { data }), 'young')], ignored: [] })

      t.same(await journal.prune(clock.now, START), { events: 0, decisions: 1 }, 'ids outlive bodies')
      t.match(await journal.event('done'), { data: null, ignored: false })
      t.match(await journal.event('pending'), { data })
      t.match(await journal.event('young'), { data })
      t.same(
        (await journal.decisions({ limit: 9 })).map(({ lane }) => lane),
        ['open']
      )
      t.equal(await journal.answer(done!.answers.a!.sha256), undefined)
      t.same(await journal.answer(done!.settings), { zone: 'example.org.' }, 'still referenced')

      t.same(await journal.prune(clock.now, clock.now), { events: 2, decisions: 0 })
      t.same(
        (await journal.events({ limit: 9 })).map(({ id }) => id),
        ['young', 'pending', 'open']
      )
      t.match(await claimedAction(journal), { id: 'open1' })
      t.match(await claimed(journal), { key: 'pending', events: [{ data }] })

      await journal.append({ events: [route(event('done', { data }), 'done')], ignored: [] })
      t.equal((await journal.event('done'))?.seq, 6, 'a seq is never given twice')
    })
  }

  if (only !== null) return
  journalProperties(t, create)
  guardProperties(t, create)
}

/** One test of the contract, on a journal of its own. */
export type JournalTest = (name: string, body: (t: Test, at: Bench) => Promise<void>) => void

export interface Bench {
  readonly journal: Journal
  readonly connect: () => Promise<Journal>
  readonly clock: { now: number }
}

async function claimed(journal: Journal): Promise<ClaimedLane> {
  const claim = await journal.claimLane('w', LEASE)
  if (claim === null) throw new Error('no lane is due')
  return claim
}

async function claimedAction(journal: Journal): Promise<ClaimedAction> {
  return proceeding(await journal.claimAction('w', LEASE, open))
}

function proceeding(claim: ActionClaim | null): ClaimedAction {
  if (claim?.verdict !== 'proceed') throw new Error('no action is due')
  return claim.action
}

async function decideAll(journal: Journal): Promise<void> {
  for (let claim = await journal.claimLane('w', LEASE); claim !== null; claim = await journal.claimLane('w', LEASE))
    await decided(journal, claim, skip('r', { resources: claim.resources }))
}

/** One event wakes the lane, and is decided to be this plan. */
async function planOf(journal: Journal, key: string, steps: ActionRequest[], ids: string[]): Promise<number> {
  await journal.append({ events: [route(event(key), key)], ignored: [] })
  const claim = await claimed(journal)
  return (await decided(journal, claim, planSteps('r', steps, { resources: [`res-${key}`] }), { actionIds: ids }))!
}

async function hold(journal: Journal, target: string): Promise<void> {
  await journal.setApplied('p', { target, scope: 'zone', lane: target, value: { say: target } }, [])
}

async function usedDeletes(journal: Journal): Promise<number> {
  let deletes = -1
  await planOf(journal, 'probe', [step('probe', 'delete')], ['probe'])
  const look = saying((_, { usages }) => {
    deletes = usages[0]!.used
    return { verdict: 'proceed' }
  })
  await journal.claimAction('w', LEASE, look)
  return deletes
}
