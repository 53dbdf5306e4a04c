import fc from 'fast-check'
import type { Test } from 'tap'
import type { Result } from '../../src/core/action.ts'
import { planSteps, skip } from '../../src/core/policy.ts'
import type { ClaimedAction, ClaimedLane } from '../../src/store/claims.ts'
import type { Journal } from '../../src/store/journal.ts'
import type { Create } from './journal.ts'
import { changed, decided, event, MINUTE, route, SECOND, START, saying, step } from './journal-facts.ts'

const LEASE = 10 * SECOND
const WINDOW = 5 * MINUTE
const MOST_DELETES = 2

const lane = fc.constantFrom('a', 'b', 'c')
const target = fc.constantFrom('t1', 't2', 't3')

/** What may happen, in any order; numbers choose among what is held at the time. */
const happening = fc.oneof(
  fc.record({ what: fc.constant('append' as const), id: fc.nat(40), lanes: fc.uniqueArray(lane, { maxLength: 3 }) }),
  fc.record({ what: fc.constant('pass' as const), ms: fc.constantFrom(500, 2000, 6000, LEASE, 4 * MINUTE) }),
  fc.record({ what: fc.constant('claimLane' as const), other: fc.boolean() }),
  fc.record({
    what: fc.constant('decide' as const),
    nth: fc.nat(5),
    steps: fc.array(fc.record({ target, remove: fc.boolean() }), { maxLength: 3 })
  }),
  fc.record({ what: fc.constant('postpone' as const), nth: fc.nat(5) }),
  fc.record({ what: fc.constant('park' as const), nth: fc.nat(5) }),
  fc.record({ what: fc.constant('claimAction' as const), other: fc.boolean() }),
  fc.record({
    what: fc.constant('record' as const),
    nth: fc.nat(5),
    outcome: fc.constantFrom('changed', 'unchanged', 'stale', 'retry', 'failed')
  }),
  fc.record({ what: fc.constant('crash' as const) })
)
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

/** Random histories against a small model of what a journal promises. */
export function journalProperties(t: Test, create: Create): void {
  t.test('whatever happens: decided once, one change at a time, never over budget', async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 10, maxLength: 60 }), async (happenings) => {
        const world = new World()
        const connect = await create(t, () => world.now)
        world.journals = [await connect(), await connect()]
        try {
          for (const one of happenings) {
            await world.happen(one)
            await world.check()
          }
          await world.finish()
        } finally {
          for (const journal of world.journals) await journal.close()
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 60) }
    )
  })
}

class World {
  now = START
  starts = 0
  journals: Journal[] = []
  readonly appended = new Set<string>()
  /** lane → events not decided yet; lane → how often each was decided. */
  readonly undecided = new Map<string, Set<string>>()
  readonly decisions = new Map<string, string[]>()
  laneClaims: { claim: ClaimedLane; journal: Journal }[] = []
  actionClaims: { claim: ClaimedAction; journal: Journal }[] = []
  /** action → when its delete was last claimed, and whether some attempt may have deleted. */
  readonly deletes = new Map<string, { at: number; certain: boolean; running: boolean }>()
  #actions = 0

  async happen(one: Happening): Promise<void> {
    const [journal] = this.journals as [Journal, Journal]
    switch (one.what) {
      case 'append':
        return this.append(one.id, one.lanes)
      case 'pass':
        this.now += one.ms
        return
      case 'claimLane':
        return this.claimLane(this.journals[one.other ? 1 : 0]!)
      case 'decide': {
        const held = take(this.laneClaims, one.nth)
        if (held !== undefined) await this.decide(held, one.steps)
        return
      }
      case 'postpone': {
        const held = take(this.laneClaims, one.nth)
        await held?.journal.postponeLane(held.claim, this.now + 3 * SECOND, 'later')
        return
      }
      case 'park': {
        const held = take(this.laneClaims, one.nth)
        await held?.journal.parkLane(held.claim, 'a bug', 'build')
        return
      }
      case 'claimAction':
        return this.claimAction(this.journals[one.other ? 1 : 0]!)
      case 'record': {
        const held = take(this.actionClaims, one.nth)
        if (held !== undefined) await this.record(held, one.outcome)
        return
      }
      case 'crash':
        // The other connection goes on: it is another thread's, which held nothing.
        this.laneClaims = []
        this.actionClaims = []
        for (const each of this.deletes.values())
          if (each.running) Object.assign(each, { running: false, certain: true })
        await journal.releaseEarlier(`w#${++this.starts}`)
        return
    }
  }

  async append(id: number, lanes: readonly string[]): Promise<void> {
    const name = `e${id}`
    const wakes = lanes.flatMap((key) => route(event(name), key, { quietMs: SECOND, maxMs: 4 * SECOND }).lanes)
    const { appended } = await this.journals[id % 2]!.append({
      events: [{ event: event(name), lanes: wakes, note: null }],
      ignored: []
    })
    is(appended, this.appended.has(name) ? 0 : 1, 'a duplicate is known')
    if (appended === 1) for (const key of lanes) entry(this.undecided, key).add(name)
    this.appended.add(name)
  }

  async claimLane(journal: Journal): Promise<void> {
    const claim = await journal.claimLane(`w#${this.starts}.${this.journals.indexOf(journal)}`, LEASE)
    if (claim === null) return
    const live = this.laneClaims.filter((held) => held.claim.leaseUntil > this.now)
    is(
      live.some((held) => held.claim.key === claim.key),
      false,
      `lane ${claim.key} has one live claim`
    )
    const hints = claim.events.filter(({ source }) => source === '/stackreflex/act').map(({ id }) => id)
    for (const id of hints) entry(this.undecided, claim.key).add(id)
    is(
      claim.events
        .map(({ id }) => id)
        .sort()
        .join(),
      [...entry(this.undecided, claim.key)].sort().join(),
      'all that waits'
    )
    this.laneClaims.push({ claim, journal })
  }

  async decide(
    { claim, journal }: { claim: ClaimedLane; journal: Journal },
    wanted: readonly { target: string; remove: boolean }[]
  ): Promise<void> {
    const steps = wanted.map(({ target, remove }) => step(target, remove ? 'delete' : 'update'))
    const actionIds = steps.map(() => `action${this.#actions++}`)
    const decision = steps.length > 0 ? planSteps('r', steps) : skip('r')
    const id = await decided(journal, claim, decision, { actionIds })
    is(id === null, claim.leaseUntil <= this.now, 'a decision counts while its claim holds')
    if (id === null) return
    for (const one of claim.events) {
      entry(this.undecided, claim.key).delete(one.id)
      const lanes = this.decisions.get(one.id) ?? []
      is(lanes.includes(claim.key), false, `${one.id} is decided once in ${claim.key}`)
      this.decisions.set(one.id, [...lanes, claim.key])
    }
  }

  async claimAction(journal: Journal): Promise<void> {
    const counting = saying(({ risk }, { usages }) =>
      risk !== 'delete' || usages[0]!.used < MOST_DELETES
        ? { verdict: 'proceed' }
        : { verdict: 'refuse', rule: 'budget', reason: 'enough' }
    )
    const most = {
      ...counting,
      asks: () => [{ match: { risk: 'delete' as const }, windowMs: WINDOW, among: 'project' as const }]
    }
    const claim = await journal.claimAction(`w#${this.starts}.${this.journals.indexOf(journal)}`, LEASE, most)
    if (claim?.verdict !== 'proceed') return
    const { action } = claim
    const live = this.actionClaims.filter((held) => held.claim.leaseUntil > this.now)
    is(
      live.some((held) => held.claim.target === action.target),
      false,
      `${action.target} has one live claim`
    )
    if (action.risk === 'delete') {
      const known = this.deletes.get(action.id)
      // Its claim ran out without a word: it may have deleted.
      if (known?.running) known.certain = true
      this.deletes.set(action.id, { at: this.now, certain: known?.certain ?? false, running: true })
    }
    this.actionClaims.push({ claim: action, journal })
  }

  async record({ claim, journal }: { claim: ClaimedAction; journal: Journal }, outcome: string): Promise<void> {
    const recorded = await journal.recordAttempt(claim, resultOf(outcome, claim.target), this.now + 2 * SECOND)
    is(recorded, claim.leaseUntil > this.now, 'a result counts while its claim holds')
    if (!recorded || claim.risk !== 'delete') return
    const known = this.deletes.get(claim.id)!
    known.running = false
    if (outcome === 'changed' || outcome === 'failed') known.certain = true
    if (!known.certain) this.deletes.delete(claim.id)
  }

  async check(): Promise<void> {
    const counted = [...this.deletes.values()].filter(({ at }) => at > this.now - WINDOW).length
    is(counted <= MOST_DELETES, true, `${counted} deletes within the window, ${MOST_DELETES} allowed`)
    for (const { key, pending } of await this.journals[0]!.lanes({})) {
      const waiting = [...entry(this.undecided, key)].filter((id) => id.startsWith('e')).length
      const hints = await this.hintsOf(key)
      is(pending, waiting + hints, `pending of ${key}`)
    }
  }

  /** Hints about stale steps that the lane has not decided. */
  async hintsOf(key: string): Promise<number> {
    const all = await this.journals[0]!.events({ limit: 1000, type: 'stackreflex.stale' })
    return all.filter(
      ({ id, data }) => (data as { lane: string }).lane === key && !this.decisions.get(id)?.includes(key)
    ).length
  }

  /** Nothing is lost: with time, and an event for every lane that was parked, all is decided and done. */
  async finish(): Promise<void> {
    for (const key of this.undecided.keys()) await this.append(1000 + key.charCodeAt(0), [key])
    for (let round = 0; round < 500; round++) {
      this.laneClaims = []
      this.now += 2 * LEASE
      await this.claimLane(this.journals[0]!)
      for (const held of this.laneClaims) await this.decide(held, [])
      await this.claimAction(this.journals[0]!)
      for (const held of this.actionClaims.splice(0)) await this.record(held, 'changed')
      await this.check()
      if ((await this.journals[0]!.nextDue()) === null) break
    }
    is(await this.journals[0]!.nextDue(), null, 'everything comes to an end')
    for (const [key, events] of this.undecided) is(events.size, 0, `all events of ${key} are decided`)
    for (const row of await this.journals[0]!.lanes({})) is(row.openDecision, null, `${row.key} has no open plan`)
  }
}

function resultOf(outcome: string, target: string): Result {
  switch (outcome) {
    case 'changed':
      return changed(target)
    case 'unchanged':
      return { ...changed(target), outcome: 'unchanged' } as Result
    case 'stale':
      return { outcome: 'stale', reason: 'r' }
    case 'retry':
      return { outcome: 'retry', reason: 'r', afterMs: null, called: false }
    default:
      return { outcome: 'failed', reason: 'r', called: true }
  }
}

function take<T>(list: T[], nth: number): T | undefined {
  return list.length === 0 ? undefined : list.splice(nth % list.length, 1)[0]
}

function entry(map: Map<string, Set<string>>, key: string): Set<string> {
  const set = map.get(key) ?? new Set()
  map.set(key, set)
  return set
}

function is<T>(found: T, wanted: T, what: string): void {
  if (found !== wanted) throw new Error(`${what}: expected ${wanted}, found ${found}`)
}
