import type { ActionRequest } from './action.ts'
import { aheadMs } from './clock.ts'
import type { Budget, CoolDown, GuardRules, Match } from './guard-rules.ts'
import { meansPolicy } from './instance.ts'
import { type Mode, modeOn, modes, type PolicyModes } from './policy.ts'
import type { Stop } from './stop.ts'
import { stopsText } from './stop-text.ts'
import { changesAllowed } from './window.ts'

/** A step that wants to be taken, with the plan that it belongs to. */
export interface GuardedStep extends ActionRequest {
  readonly policy: string
  /** The mode that its plan was decided in. */
  readonly mode: Mode
  /** ms since the epoch. */
  readonly decidedAt: number
  readonly decision: number
}

/** The facts that the guard must know of the journal; read inside the transaction that claims the step. */
export interface Facts {
  readonly now: number
  /** Every stop that covers the step's cluster: its own, and those of everything. */
  readonly stops: readonly Stop[]
  /** Why the time is not to be relied on; left out: it is. */
  readonly clockDoubt?: string
  readonly pin: Pin | null
  /** The approval that the plan rests on; null: none was given. */
  readonly approval: {
    readonly id: number
    readonly state: ApprovalState
    readonly expires: number
    readonly usedBy: number | null
    /** When it was asked for, or last answered; left out: not known. */
    readonly saidAt?: number
  } | null
  /** Actions under way on the step's cluster, this one not counted. */
  readonly inFlight: number
  /** When the target was last claimed for a change by another step; null: not within the journal's memory. */
  readonly changedAt: number | null
  /** One for each budget of `asks`, in its order. */
  readonly usages: readonly Usage[]
}

/** How much of a budget is used, this step not counted. */
export interface Usage {
  readonly used: number
  /** What the step's project has in its scope by us, or had when the window began, without what is counted in `used` already. */
  readonly held: number
  /** When the oldest of the used leaves the window; null when there is none. */
  readonly freesAt: number | null
}

/** A target that is left alone because a person undid something there. */
export interface Pin {
  readonly target: string
  readonly until: number
  readonly reason: string
}

/** The states of an approval. */
export type ApprovalState = 'open' | 'granted' | 'rejected' | 'superseded' | 'expired' | 'used'

/**
 * proceed: now. again: the plan rests on something that has changed, the lane is decided anew. hold: until a person acts
 * (or `until`). defer: not before `until`. refuse: this plan never. Each but the first says by which rule, with its
 * number, its limit and how to go on.
 */
export type Verdict =
  | { readonly verdict: 'proceed' }
  | { readonly verdict: 'again'; readonly rule: GuardRule; readonly reason: string }
  | { readonly verdict: 'hold'; readonly rule: GuardRule; readonly reason: string; readonly until: number | null }
  | { readonly verdict: 'defer'; readonly rule: GuardRule; readonly reason: string; readonly until: number }
  | { readonly verdict: 'refuse'; readonly rule: GuardRule; readonly reason: string }

/** Every rule, in the order in which they are asked. */
const rules = [
  'mode',
  'age',
  'stop',
  'clock',
  'approval',
  'undone',
  'freeze',
  'window',
  'in-flight',
  'cool-down',
  'budget'
] as const
/** The name of a rule of the guard. */
export type GuardRule = (typeof rules)[number]

/** The guard of one configuration: what it must know of a step, and its verdict. Pure. */
export interface Guard {
  /** The budgets that the step would be counted in. */
  asks(step: GuardedStep): readonly BudgetQuestion[]
  judge(step: GuardedStep, facts: Facts): Verdict
}

/** Asks the journal how many matching steps a sliding window holds. */
export interface BudgetQuestion {
  readonly match: Match
  readonly windowMs: number
  /** Among which it is counted: all, those of its scope, or those of its project in that scope. */
  readonly among: 'all' | 'scope' | 'project'
}

/** A plan that waited longer is decided again before it is carried out: the world has gone on. */
export const planAgeMs = 60_000

const proceed: Verdict = { verdict: 'proceed' }
const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z')
const minutes = (ms: number) => (ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`)

/** Makes the guard of these rules; `policies`: the modes that hold now, by policy. */
export function guard(limits: GuardRules, policies: Readonly<Record<string, PolicyModes>>): Guard {
  const budgetsOf = (step: GuardedStep) => limits.budgets.filter((budget) => matches(budget, step))

  function judge(step: GuardedStep, facts: Facts): Verdict {
    const { now, stops, pin } = facts
    const configured = policies[step.policy]
    const mode = configured === undefined ? 'off' : modeOn(configured, step.cluster)
    if (modes.indexOf(mode) < modes.indexOf(step.mode))
      return {
        verdict: 'again',
        rule: 'mode',
        reason: `${step.policy} is on ${mode}${on(step)} by now, and this was planned on ${step.mode}`
      }
    if (step.decidedAt > now + aheadMs)
      return {
        verdict: 'again',
        rule: 'age',
        reason: `planned at ${iso(step.decidedAt)}, which has not come: the clock was ahead then, and it is decided again`
      }
    if (now - step.decidedAt > planAgeMs)
      return {
        verdict: 'again',
        rule: 'age',
        reason: `planned ${minutes(now - step.decidedAt)} ago: decided again before it is carried out`
      }
    if (stops.length > 0)
      return {
        verdict: 'hold',
        rule: 'stop',
        reason: stopsText(stops),
        until: null
      }
    // Budgets seem free, approvals to hold and windows to be open, all by a time that may never have been.
    if (facts.clockDoubt !== undefined && (step.mode === 'approve' || step.risk === 'delete'))
      return { verdict: 'hold', rule: 'clock', reason: facts.clockDoubt, until: null }
    const approval = step.mode === 'approve' ? judgeApproval(step, facts) : proceed
    if (approval.verdict !== 'proceed') return approval
    if (pin !== null && step.pinMs === undefined)
      return {
        verdict: 'hold',
        rule: 'undone',
        reason: `${step.target} is left alone until ${iso(pin.until)}: ${pin.reason}`,
        until: pin.until
      }
    return judgeTime(step, facts) ?? judgeCounts(step, facts) ?? proceed
  }

  function judgeTime(step: GuardedStep, { now, inFlight, changedAt }: Facts): Verdict | null {
    const cluster = step.cluster === null ? undefined : limits.clusters[step.cluster]
    if (cluster !== undefined) {
      const opening = changesAllowed(cluster.calendar, cluster.tier === 'change-controlled', step, now)
      if (!opening.allowed) {
        const { rule, name, until } = opening
        const why =
          rule === 'freeze'
            ? `${step.cluster} is frozen (${name})`
            : `${step.cluster} has no window open for ${step.policy} to ${step.risk}`
        return until === null
          ? {
              verdict: 'hold',
              rule,
              reason: `${why}, and none will open: add one at clusters.${step.cluster}.windows`,
              until: null
            }
          : { verdict: 'defer', rule, reason: `${why}: the next chance is at ${iso(until)}`, until }
      }
      if (cluster.inFlight !== null && inFlight >= cluster.inFlight)
        return {
          verdict: 'defer',
          rule: 'in-flight',
          reason: `${inFlight} actions are under way on ${step.cluster}, ${cluster.inFlight} are allowed at once`,
          until: now + 500
        }
    }
    const calm = longest(limits.coolDowns.filter((one) => matches(one, step)))
    if (calm !== null && changedAt !== null && now < changedAt + calm.forMs)
      return {
        verdict: 'defer',
        rule: 'cool-down',
        reason: `${step.target} was changed at ${iso(changedAt)}: limits.coolDowns '${calm.name}' leaves it alone for ${minutes(calm.forMs)}`,
        until: changedAt + calm.forMs
      }
    return null
  }

  function judgeCounts(step: GuardedStep, { usages }: Facts): Verdict | null {
    for (const [n, budget] of budgetsOf(step).entries()) {
      const verdict = judgeBudget(step, budget, usages[n]!)
      if (verdict !== null) return verdict
    }
    return null
  }

  return {
    asks: (step) =>
      budgetsOf(step).map((budget) => {
        const { policy, cluster, action, risk, gone } = budget
        const match = JSON.parse(JSON.stringify({ policy, cluster, action, risk, gone })) as Match
        const among = 'share' in budget ? 'project' : (budget.each ?? 'all')
        return { match, windowMs: budget.windowMs, among }
      }),
    judge
  }
}

const on = ({ cluster }: GuardedStep) => (cluster === null ? '' : ` on ${cluster}`)

const matches = ({ policy, cluster, action, risk, gone }: Match, step: GuardedStep): boolean =>
  (policy === undefined || meansPolicy(policy, step.policy)) &&
  (cluster === undefined || cluster === step.cluster) &&
  (action === undefined || action === step.type) &&
  (risk === undefined || risk === step.risk) &&
  (gone === undefined || gone === (step.gone === true))

const longest = (all: readonly CoolDown[]): CoolDown | null =>
  all.reduce<CoolDown | null>((best, one) => (best === null || one.forMs > best.forMs ? one : best), null)

function judgeApproval({ decision }: GuardedStep, { approval, now }: Facts): Verdict {
  const anew = (reason: string): Verdict => ({ verdict: 'again', rule: 'approval', reason })
  if (approval === null) return anew('nobody was asked for an approval of this plan')
  const { id, state, usedBy, expires, saidAt = 0 } = approval
  // The other steps of the plan that used it.
  if (state === 'used' && usedBy === decision) return proceed
  if (state !== 'granted') return anew(`approval ${id} is ${state}${usedBy === null ? '' : ` by decision ${usedBy}`}`)
  if (saidAt > now + aheadMs)
    return anew(`approval ${id} was given at ${iso(saidAt)}, which has not come: the clock was ahead then`)
  return now < expires ? proceed : anew(`approval ${id} ran out at ${iso(expires)}`)
}

function judgeBudget(step: GuardedStep, budget: Budget, usage: Usage): Verdict | null {
  const window = `within ${minutes(budget.windowMs)}`
  if ('most' in budget) {
    if (usage.used + 1 <= budget.most) return null
    const about = [budget.policy, budget.cluster, budget.action, budget.risk].filter((one) => one !== undefined)
    const where = budget.each === undefined ? `limits.budgets '${budget.name}'` : `limits.${budget.name}`
    const what = `${where} allows ${budget.most} ${about.length === 0 ? 'actions' : `actions (${about.join(', ')})`} ${budget.each === undefined ? '' : `in ${step.scope} `}${window}`
    if (usage.freesAt === null) return { verdict: 'refuse', rule: 'budget', reason: `${what}: none at all` }
    return {
      verdict: 'defer',
      rule: 'budget',
      reason: `${what}, ${usage.used} are used: the next is free at ${iso(usage.freesAt)}`,
      until: usage.freesAt
    }
  }
  // The population is what there was when the window began.
  const population = step.population ?? usage.held + usage.used
  if (population < budget.from) return null
  const allowed = Math.floor(population * budget.share)
  if (usage.used + 1 <= allowed) return null
  const percent = Math.round(budget.share * 1000) / 10
  const gone = budget.gone === true
  const where =
    budget.name === 'deletes'
      ? `limits.deletes.${gone ? 'gone' : 'share'}`
      : `the share of limits.budgets '${budget.name}'`
  const whose = step.cluster === null ? '' : ` of ${step.cluster}`
  const what = gone ? ', of what is gone for certain,' : ''
  const free = usage.freesAt === null ? '' : `, or wait until ${iso(usage.freesAt)}`
  return {
    verdict: 'refuse',
    rule: 'budget',
    reason:
      `${step.risk} ${usage.used + 1} of ${population} in ${step.scope}${whose}${what} ${window} ` +
      `exceeds ${percent} % (${allowed} allowed, ${usage.used} used): ` +
      `raise ${where} if this is wanted${free}; the next sweep tries again`
  }
}
