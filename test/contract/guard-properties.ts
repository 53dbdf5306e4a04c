import fc from 'fast-check'
import type { Test } from 'tap'
import { guard } from '../../src/core/guard.ts'
import { type Mode, planSteps } from '../../src/core/policy.ts'
import { personEvent } from '../../src/people/person-event.ts'
import type { ClaimedAction } from '../../src/store/claims.ts'
import type { Journal } from '../../src/store/journal.ts'
import type { Create } from './journal.ts'
import { changed, event, HOUR, MINUTE, recorded, route, SECOND, START, step, unchanged } from './journal-facts.ts'

const LEASE = 30 * SECOND
const DAY = 24 * HOUR

// What the guard is told, and beside it the same in the model's own arithmetic: windows are minutes of a UTC day.
const window = { opens: 13 * HOUR, closes: 15 * HOUR }
const freeze = { opens: 14 * HOUR, closes: 14 * HOUR + 20 * MINUTE }
const budget = { most: 3, windowMs: 30 * MINUTE }
const inFlight = 2
const daily = (from: string, forMs: number) => ({ from: `2026-01-01T${from}`, forMs, repeat: 'FREQ=DAILY' })
const windows = [{ name: 'w', policies: null, risks: null, times: daily('13:00', window.closes - window.opens) }]
const freezes = [{ name: 'f', times: daily('14:00', freeze.closes - freeze.opens) }]
const limits = guard(
  {
    clusters: {
      dev: { tier: 'bursty', calendar: { timeZone: 'UTC', windows: [], freezes: [] }, inFlight },
      prod: { tier: 'change-controlled', calendar: { timeZone: 'UTC', windows, freezes }, inFlight: null }
    },
    budgets: [{ name: 'few', risk: 'delete', ...budget }],
    coolDowns: []
  },
  { p: { mode: 'enforce', clusters: { prod: 'approve' } } }
)
const actor = { name: 'alice', groups: [], local: false }

const cluster = fc.constantFrom('dev', 'prod')
const happening = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('plan' as const),
      lane: fc.constantFrom('a', 'b', 'c', 'd'),
      cluster,
      targets: fc.uniqueArray(fc.constantFrom('t1', 't2', 't3'), { minLength: 1, maxLength: 2 }),
      remove: fc.boolean()
    })
  },
  { weight: 6, arbitrary: fc.record({ what: fc.constant('decide' as const), other: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ what: fc.constant('claim' as const), other: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('record' as const),
      nth: fc.nat(5),
      outcome: fc.constantFrom('changed', 'unchanged', 'stale', 'retry')
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('pass' as const),
      ms: fc.constantFrom(SECOND, SECOND, 20 * SECOND, MINUTE, 9 * MINUTE, 20 * MINUTE, HOUR)
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('vote' as const),
      nth: fc.nat(5),
      verdict: fc.constantFrom('approve', 'approve', 'approve', 'reject')
    })
  },
  fc.record({ what: fc.constant('stop' as const), cluster: fc.option(cluster), by: fc.constantFrom('alice', 'bob') }),
  { weight: 3, arbitrary: fc.record({ what: fc.constant('resume' as const), nth: fc.nat(2) }) },
  fc.record({ what: fc.constant('restart' as const) })
)
type Happening = typeof happening extends fc.Arbitrary<infer One> ? One : never

/**
 * Whatever plans, votes, stops, clocks, restarts and claims come in whatever order: nothing is claimed on a stop, in a
 * freeze, outside a window, beyond a budget or the actions in flight, or on an approval that is not there or was used.
 */
export function guardProperties(t: Test, create: Create): void {
  t.test('the guard holds, whatever happens in whatever order', async (t) => {
    const proceeded = { enforce: 0, approve: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 60, maxLength: 160 }), async (happenings) => {
        const model = new Model()
        model.connect = await create(t, () => model.now)
        model.journals = [await model.connect(), await model.connect()]
        try {
          for (const one of happenings) await model.happen(one)
        } finally {
          for (const journal of model.journals) await journal.close()
        }
        for (const mode of ['enforce', 'approve'] as const) proceeded[mode] += model.proceeded[mode]
      }),
      { numRuns: Number(process.env.RUNS ?? 120) }
    )
    t.ok(proceeded.enforce > 100 && proceeded.approve > 10, `claims that went: ${JSON.stringify(proceeded)}`)
    t.comment(`claims that the guard let pass: ${proceeded.enforce} enforced, ${proceeded.approve} approved`)
  })
}

class Model {
  // An hour into the window.
  now = START + HOUR
  connect!: () => Promise<Journal>
  journals: Journal[] = []
  /** By its number: of which cluster, by whom. */
  readonly stops = new Map<number, { readonly cluster: string | null; readonly by: string }>()
  claims: ClaimedAction[] = []
  /** Deletes by action: when last claimed, and whether it may have deleted. */
  deletes = new Map<string, { at: number; certain: boolean }>()
  /** Approval → decision that used it. */
  used = new Map<number, number>()
  granted = new Map<number, number>()
  wanted = new Map<string, Extract<Happening, { what: 'plan' }>>()
  proceeded = { enforce: 0, approve: 0 }
  #n = 0

  async happen(one: Happening): Promise<void> {
    const [journal] = this.journals as [Journal]
    switch (one.what) {
      case 'plan':
        this.wanted.set(one.lane, one)
        await journal.append({ events: [route(event(`e${this.#n++}`), one.lane)], ignored: [] })
        return
      case 'decide':
        return this.decide(this.journals[one.other ? 1 : 0]!)
      case 'claim':
        return this.claim(this.journals[one.other ? 1 : 0]!)
      case 'record':
        return this.record(journal, one)
      case 'pass':
        this.now += one.ms
        return
      case 'vote': {
        const open = await journal.approvals({ state: 'open' })
        const chosen = open[one.nth % Math.max(1, open.length)]
        if (chosen === undefined) return
        const event = this.person(one.verdict, String(chosen.id))
        const vote = { actor: 'alice', verdict: one.verdict, reason: null } as const
        const voted = await journal.vote(chosen.id, vote, { required: 1, expiresMs: HOUR }, event)
        if (voted?.counted && one.verdict === 'approve') this.granted.set(chosen.id, this.now + HOUR)
        return
      }
      case 'stop':
        return this.stop(journal, one)
      case 'resume': {
        // One that stands, or the number of one that does not.
        const id = [...this.stops.keys()][one.nth] ?? 1000 + one.nth
        const lanes = await journal.resume(id, this.person('resume', 'x'))
        is(lanes !== null, this.stops.delete(id), `stop ${id} was lifted`)
        return
      }
      case 'restart':
        await journal.close()
        this.journals[0] = await this.connect()
        await this.journals[0].releaseEarlier('w#2')
        for (const lost of this.claims.splice(0)) {
          const known = this.deletes.get(lost.id)
          if (known !== undefined) known.certain = true
        }
        await this.journals[0].releaseHeld('all')
    }
  }

  /** Those of several people stand beside each other; the same person's same words are the one that stands. */
  async stop(journal: Journal, { cluster, by }: Extract<Happening, { what: 'stop' }>): Promise<void> {
    const id = await journal.stop({ cluster, by, reason: 'r' }, this.person('stop', 'x'))
    const [standing] = [...this.stops].find(([, one]) => one.cluster === cluster && one.by === by) ?? [id]
    is(id, standing, `${by} says stop again`)
    this.stops.set(id, { cluster, by })
    const ids = (await journal.stops()).map((one) => one.id).sort((a, b) => a - b)
    is(ids.join(), [...this.stops.keys()].sort((a, b) => a - b).join(), 'the stops that stand')
  }

  person(did: 'approve' | 'reject' | 'stop' | 'resume', about: string) {
    return personEvent({ now: () => this.now }, actor, { did, about, reason: null })
  }

  /** Decides whatever is due, each lane to what it is wanted to do by now. */
  async decide(journal: Journal): Promise<void> {
    for (let lane = await journal.claimLane('w', LEASE); lane !== null; lane = await journal.claimLane('w', LEASE)) {
      const one = this.wanted.get(lane.key)!
      const mode: Mode = one.cluster === 'prod' ? 'approve' : 'enforce'
      const risk = one.remove ? 'delete' : 'update'
      const steps = one.targets.map((target) => ({ ...step(target, risk), cluster: one.cluster }))
      const actionIds = steps.map(() => `action${this.#n++}`)
      await recorded(journal, lane, planSteps('r', steps), { mode, actionIds, now: this.now }, limits)
    }
  }

  async claim(journal: Journal): Promise<void> {
    const claim = await journal.claimAction('w', LEASE, limits)
    if (claim?.verdict !== 'proceed') return
    const { action } = claim
    const covering = [...this.stops.values()].filter(({ cluster }) => cluster === null || cluster === action.cluster)
    is(covering.length, 0, `claimed on a stop of ${action.cluster}`)
    const live = this.claims.filter((one) => one.leaseUntil > this.now && one.id !== action.id)
    if (action.cluster === 'dev') {
      const busy = live.filter((one) => one.cluster === 'dev').length
      is(busy < inFlight, true, `${busy} were in flight on dev`)
      this.proceeded.enforce++
    } else {
      const time = this.now % DAY
      is(time >= window.opens && time < window.closes, true, `outside the window: ${new Date(this.now).toISOString()}`)
      is(time >= freeze.opens && time < freeze.closes, false, `in the freeze: ${new Date(this.now).toISOString()}`)
      await this.approved(journal, action)
      this.proceeded.approve++
    }
    // A claim of the same step that ran out without a word may have deleted.
    const lapsed = this.claims.some((one) => one.id === action.id)
    this.claims = this.claims.filter((one) => one.id !== action.id)
    if (action.risk === 'delete') {
      const known = this.deletes.get(action.id)
      this.deletes.set(action.id, { at: this.now, certain: lapsed || (known?.certain ?? false) })
      const counted = [...this.deletes.values()].filter(({ at }) => at > this.now - budget.windowMs).length
      is(counted <= budget.most, true, `${counted} deletes within the budget's window, ${budget.most} allowed`)
    }
    this.claims.push(action)
  }

  async approved(journal: Journal, { decision }: ClaimedAction): Promise<void> {
    const [row] = await journal.decisions({ id: decision, limit: 1 })
    const approval = row!.approval
    is(approval !== null && this.granted.has(approval), true, `decision ${decision} rests on a grant`)
    const by = this.used.get(approval!)
    if (by === undefined) is(this.now < this.granted.get(approval!)!, true, 'the grant still holds')
    is(by ?? decision, decision, `approval ${approval} is used by one decision only`)
    this.used.set(approval!, decision)
  }

  async record(journal: Journal, { nth, outcome }: Extract<Happening, { what: 'record' }>): Promise<void> {
    const [action] = this.claims.splice(nth % Math.max(1, this.claims.length), 1)
    if (action === undefined) return
    const result =
      outcome === 'changed'
        ? changed(action.target)
        : outcome === 'unchanged'
          ? unchanged(action.target)
          : outcome === 'stale'
            ? ({ outcome, reason: 'r' } as const)
            : ({ outcome: 'retry', reason: 'r', afterMs: null, called: false } as const)
    const counts = await journal.recordAttempt(action, result, this.now + SECOND)
    is(counts, action.leaseUntil > this.now, 'a result counts while its claim holds')
    const known = this.deletes.get(action.id)
    if (known === undefined) return
    // A late result tells as well whether it deleted; but the budget is given back only with a result that counts.
    if (outcome === 'changed') known.certain = true
    else if (counts && !known.certain) this.deletes.delete(action.id)
  }
}

function is<T>(found: T, wanted: T, what: string): void {
  if (found !== wanted) throw new Error(`${what}: expected ${wanted}, found ${found}`)
}
