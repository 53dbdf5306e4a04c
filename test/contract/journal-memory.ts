import type { Result } from '../../src/core/action.ts'
import type { Breach } from '../../src/core/breach.ts'
import { type Decision, planSteps, skip } from '../../src/core/policy.ts'
import type { Event, QuotaRequestData } from '../../src/events/event.ts'
import type { Journal } from '../../src/store/journal.ts'
import type { JournalTest } from './journal.ts'
import { changed, decided, event, HOUR, MINUTE, open, route, SECOND, START, step, unchanged } from './journal-facts.ts'

const LEASE = 30 * SECOND

/** The next due lane is decided to be skipped; null: none is due. */
async function decideNext(journal: Journal, more: Partial<Decision>): Promise<string | null> {
  const claim = await journal.claimLane('w', LEASE)
  if (claim === null) return null
  await decided(journal, claim, skip('r', more))
  return claim.key
}

const breach = (more: Partial<Breach> = {}): Breach => ({
  rule: 'open-rule',
  detail: 'r1',
  layer: 'network',
  severity: 'high',
  resource: 'security-group/p1/g1',
  name: 'web',
  from: 'prod',
  to: '*',
  summary: 'open to the world',
  evidence: { prefix: '0.0.0.0/0' },
  state: 'open',
  because: 'observed',
  ...more
})

const asked = (more: Partial<QuotaRequestData> = {}): Event => ({
  ...event(`ask-${Math.random()}`),
  data: {
    kind: 'quota-request',
    actor: 'alice',
    policy: 'p',
    lane: 'group:family',
    cluster: 'prod',
    resource: 'cores',
    amount: 16,
    until: START + HOUR,
    reason: null,
    ends: null,
    ...more
  }
})

/** What a journal remembers beside its facts: times to look again, samples, requests, breaches. */
export function remembering(test: JournalTest): void {
  test('a lane is decided again at the time that its decision named, without any event', async (t, at) => {
    const { journal, clock } = at
    await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
    t.equal(await decideNext(journal, { againAt: START + MINUTE }), 'a')
    t.equal(await journal.nextDue(), START + MINUTE)
    t.equal(await decideNext(journal, {}), null, 'not before')
    clock.now = START + MINUTE
    t.equal(await decideNext(journal, {}), 'a')
    clock.now = START + HOUR
    t.equal(await decideNext(journal, {}), null, 'and only once')
    t.equal(await journal.nextDue(), null)
  })

  test('a decision that names no time takes back the one before', async (t, { journal, clock }) => {
    await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
    await decideNext(journal, { againAt: START + MINUTE })
    await journal.append({ events: [route(event('2'), 'a')], ignored: [] })
    await decideNext(journal, {})
    clock.now = START + HOUR
    t.equal(await decideNext(journal, {}), null)
  })

  test('a value that stays the same is one row, from its first to its last reading', async (t, { journal, clock }) => {
    await journal.sample([{ series: 'cores', value: [20, 3] }])
    clock.now += MINUTE
    await journal.sample([{ series: 'cores', value: [20, 3] }])
    clock.now += MINUTE
    await journal.sample([
      { series: 'cores', value: [20, 5] },
      { series: 'ram', value: [1] }
    ])
    t.same(await journal.samples(['cores'], START), [
      { series: 'cores', at: START, until: START + MINUTE, value: [20, 3] },
      { series: 'cores', at: START + 2 * MINUTE, until: START + 2 * MINUTE, value: [20, 5] }
    ])
    t.equal((await journal.samples(['cores', 'ram'], START + 90 * SECOND)).length, 2, 'only those that reach into it')
    t.match(
      await journal.samples(['cores', 'ram'], START + HOUR),
      [{ series: 'cores', value: [20, 5] }, { series: 'ram' }],
      'the last one is there however old it is'
    )
    await journal.prune(clock.now, clock.now)
    t.equal((await journal.samples(['cores'], START)).length, 1, 'what was over before is pruned')
  })

  test('what a name was first found to be stays, whatever is called so later', async (t, { journal, clock }) => {
    const pin = (key: string, id: string | null, trouble: string | null = null) => ({ key, id, trouble })
    t.same(await journal.pinNames('a/', [pin('a/x', null, 'nothing is called so'), pin('a/y', 'one')]), [
      { key: 'a/x', id: null, at: null, trouble: 'nothing is called so' },
      { key: 'a/y', id: 'one', at: START, trouble: null }
    ])
    await journal.pinNames('b/', [pin('b/x', 'other', 'b is wrong')])
    clock.now += MINUTE
    t.same(
      await journal.pinNames('a/', [pin('a/y', 'two', 'it is another now')]),
      [
        { key: 'a/x', id: null, at: null, trouble: null },
        { key: 'a/y', id: 'one', at: START, trouble: 'it is another now' }
      ],
      'the first id stays; what is not told any more has no trouble'
    )
    await journal.pinNames('a/', [pin('a/x', 'late')])
    t.match(await journal.namePins('a/'), [
      { id: 'late', at: START + MINUTE, trouble: null },
      { id: 'one', trouble: null }
    ])
    t.match(await journal.namePins(''), [{ key: 'a/x' }, { key: 'a/y' }, { key: 'b/x', trouble: 'b is wrong' }])
    await journal.prune(clock.now + HOUR, clock.now + HOUR)
    t.equal((await journal.namePins('')).length, 3, 'and is never pruned')
  })

  test('a request for quota is remembered with the event that brings it, once', async (t, { journal, clock }) => {
    const one = asked()
    await journal.append({ events: [route(one, 'group:family')], ignored: [] })
    await journal.append({ events: [route(one, 'group:family')], ignored: [] })
    await journal.append({ events: [route(asked({ amount: 2, until: null }), 'group:family')], ignored: [] })
    const rows = await journal.quotaRequests('p', 'group:family')
    t.match(rows, [
      { cluster: 'prod', resource: 'cores', amount: 16, until: START + HOUR, by: 'alice', at: START },
      { amount: 2, until: null }
    ])
    t.equal(rows.length, 2)
    clock.now += SECOND
    await journal.append({ events: [route(asked({ ends: rows[1]!.id }), 'group:family')], ignored: [] })
    t.equal(
      (await journal.quotaRequests('p', 'group:family'))[1]!.until,
      START + SECOND,
      'and over when somebody says so'
    )
    t.same(await journal.quotaRequests('p', 'group:other'), [])
  })

  test('a breach is there from the decision that found it until one that does not', async (t, { journal, clock }) => {
    const by = event('1', { userId: 'mallory', requestId: 'req-1' })
    await journal.append({ events: [route(by, 'a')], ignored: [] })
    await decideNext(journal, { breaches: [breach(), breach({ detail: 'r2' })], againAt: START + MINUTE })
    const found = await journal.breaches({ open: true })
    t.match(found.map(({ detail }) => detail).sort(), ['r1', 'r2'])
    t.match(found[0], { lane: 'a', since: START, userId: 'mallory', requestId: 'req-1', ended: null, policy: 'p' })

    clock.now = START + MINUTE
    await decideNext(journal, { breaches: [breach({ state: 'closing' })], againAt: START + 2 * MINUTE })
    const [left, ...none] = await journal.breaches({ open: true, lane: 'a' })
    t.same(none, [])
    t.match(left, { detail: 'r1', since: START, state: 'closing', userId: 'mallory' })
    t.match(await journal.breaches({ open: false }), [{ detail: 'r2', ended: START + MINUTE }])

    clock.now = START + 2 * MINUTE
    await decideNext(journal, { againAt: START + 3 * MINUTE })
    t.equal((await journal.breaches({ open: true })).length, 1, 'a decision that says nothing of breaches changes none')
    clock.now = START + 3 * MINUTE
    await decideNext(journal, { breaches: [breach({ summary: 'again' })] })
    t.match(await journal.breaches({ open: true }), [{ since: START, summary: 'again' }], 'the same one, as it is now')
  })
  test('a lane whose plan changed something looks whether what it closes is over', async (t, { journal, clock }) => {
    const plan = async (key: string, breaches: readonly Breach[] | undefined, result: (target: string) => Result) => {
      await journal.append({ events: [route(event(key), key)], ignored: [] })
      const claim = (await journal.claimLane('w', LEASE))!
      const more = breaches === undefined ? {} : { breaches }
      await decided(journal, claim, planSteps('r', [step(key)], more), { actionIds: [key] })
      const one = (await journal.claimAction('w', LEASE, open))!
      if (one.verdict !== 'proceed') throw new Error(one.reason)
      await journal.recordAttempt(one.action, result(key), null)
    }
    const closing = [breach({ state: 'closing' })]
    await plan('closed', closing, changed)
    await plan('was so', closing, unchanged)
    await plan('of something else', [breach({ state: 'open' })], changed)
    await plan('without any', undefined, changed)
    t.equal(await decideNext(journal, {}), null, 'not at once')
    clock.now += SECOND
    t.equal(await decideNext(journal, { breaches: [] }), 'closed')
    t.match(await journal.breaches({ lane: 'closed' }), [{ state: 'closing', ended: START + SECOND }])
    t.equal(await decideNext(journal, {}), null, 'nobody else')
  })
}
