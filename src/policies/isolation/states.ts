import type { ActionRequest } from '../../core/action.ts'
import { type Breach, severities } from '../../core/breach.ts'
import { durationMs } from '../../core/duration.ts'
import { type Mode, mostCareful } from '../../core/policy.ts'
import { covering, endsAt, exemptionsFor } from './exemptions.ts'
import { asked, type RuleFinding } from './judge.ts'
import { namesOf, protector, resourceOf } from './naming.ts'
import type { KnownBreach, Subject } from './questions/subjects.ts'
import type { Fact } from './rule.ts'
import { unknown, type World } from './world.ts'

/** A breach with what is to be done about it now. */
export interface Stated {
  readonly breach: Breach
  /** Empty unless it can be closed now. */
  readonly steps: readonly ActionRequest[]
  /** How freely the steps may be taken. */
  readonly mode: Mode
  /** When its state changes by itself, in ms since the epoch; null: never. */
  readonly changesAt: number | null
}

/** Determines the state of each breach of a subject, and the steps of those that can be closed now. */
export function stated(
  subject: Subject,
  found: readonly RuleFinding[],
  known: readonly KnownBreach[],
  world: World
): readonly Stated[] {
  const ready = found.map((one) => ({ one, waits: waiting(subject, one, known, world) }))
  return ready.map(({ one, waits }): Stated => {
    if (waits !== null) return waits
    const { rule, fact } = one
    const together = ready.filter((other) => other.waits === null && other.one.rule === rule).map(({ one }) => one.fact)
    const closed = asked(rule).close(subject as never, fact, world, together)
    if ('none' in closed) return left(subject, one, 'open', `nothing closes it by itself: ${closed.none}`)
    const bare = bareEntry(subject, one, world)
    const mode = bare === null ? modeOf(one, closed, world) : mostCareful([modeOf(one, closed, world), 'approve'])
    if (mode === 'off')
      return left(subject, one, 'open', `isolation is off on ${clusterNames(closed)}: nothing is done`)
    const change = closed.map((step) => `${step.type} ${step.target.split('/').slice(2).join('/')}`).join(', ')
    return {
      breach: breachOf(subject, one, 'closing', `closed by ${change}${bare === null ? '' : `; ${bare}`}`),
      steps: closed,
      mode,
      changesAt: null
    }
  })
}

/** Why a breach is not closed now, whatever would close it; null where it may be. */
function waiting(subject: Subject, one: RuleFinding, known: readonly KnownBreach[], world: World): Stated | null {
  const { rule, fact, mode, severity } = one
  const { now, settings, matrix } = world
  const names = namesOf(subject, fact.detail === '' ? [] : [fact.detail])
  const exemption = covering(rule.name, exemptionsFor(names, 'surely', world), now)
  if (exemption !== null) {
    const { owner, reason, until } = exemption
    return left(subject, one, 'exempt', `${owner} answers for it until ${until}: ${reason}`, endsAt(exemption))
  }
  if (fact.blame !== undefined)
    return left(subject, one, 'open', `nothing is done here: ${fact.blame}; it is closed there, or not at all`)
  if ((mode ?? rule.mode) === 'observe') {
    const how =
      mode === null
        ? `policies.isolation.settings.rules.${rule.name}.mode turns it on`
        : `change policies.isolation.settings.rules.${rule.name}.mode to have it closed`
    return left(subject, one, 'open', `${rule.name} is on observe: ${how}`)
  }
  const guarded = rule.cuts ? protector(names, world) : null
  if (guarded?.meant === 'surely')
    return left(
      subject,
      one,
      'open',
      `protected ('${guarded.entry}'): what cuts it off is never done here; close it by hand`
    )
  if (rule.cuts && matrix.unresolved.length > 0)
    return left(
      subject,
      one,
      'open',
      `nothing is cut off while the matrix has names that were not found (${matrix.unresolved.join('; ')}): correct them`
    )
  const unsure = unsureOf(subject, fact, world)
  if (unsure !== null) return left(subject, one, 'open', `nothing is done, because ${unsure}: empty is unknown`)
  const since = known.find((other) => other.rule === rule.name && other.detail === fact.detail)?.since ?? now
  const grace = durationMs(settings.grace[severity]) ?? 0
  const closable = !('none' in asked(rule).close(subject as never, fact, world, [fact]))
  if (closable && now < since + grace) {
    const until = new Date(since + grace).toISOString()
    return left(
      subject,
      one,
      'noticed',
      `closed at ${until} unless it is gone by then (grace.${severity}: ${settings.grace[severity]})`,
      since + grace
    )
  }
  return null
}

/** An entry that may mean it, or anybody else's of the same name: neither is it left alone, nor closed without people. */
function bareEntry(subject: Subject, { rule, fact }: RuleFinding, world: World): string | null {
  const names = namesOf(subject, fact.detail === '' ? [] : [fact.detail])
  const exemption = covering(rule.name, exemptionsFor(names, 'bare', world), world.now)
  const guarded = rule.cuts ? protector(names, world) : null
  const [key, entry] =
    exemption !== null
      ? ['exempt', exemption.resource]
      : ['protected', guarded?.meant === 'bare' ? guarded.entry : null]
  if (entry === null) return null
  return `people have to approve it, as '${entry}' of ${key} is a bare name, which anybody may give to theirs: write <cluster>/${entry}, or its id`
}

/** What is not known and would have to be, to do anything; null: nothing. */
function unsureOf({ kind, unsaid = [] }: Subject, { from, to, unsure }: Fact, { matrix }: World): string | null {
  if (matrix.unsaid !== undefined && matrix.unsaid.length > 0)
    return `it is not known what may be shared (${matrix.unsaid.join('; ')})`
  if (unsure !== undefined) return unsure
  if (unsaid.length > 0) return `its service does not say ${unsaid.join(', ')} of this ${kind}`
  return from === unknown || to === unknown ? 'its service does not say which project that is' : null
}

/** The most careful of the rule's mode, of its clusters' modes, and of `approve` for what cuts where changes are controlled. */
function modeOf({ rule, mode }: RuleFinding, steps: readonly ActionRequest[], { settings }: World): Mode {
  const placed = steps.map(({ cluster }) => (cluster === null ? undefined : settings.placed?.[cluster]))
  const controlled = placed.some((one) => one?.tier === 'change-controlled')
  const own: Mode = mode ?? (rule.cuts && controlled ? mostCareful([rule.mode, 'approve']) : rule.mode)
  const everywhere = settings.mode ?? 'enforce'
  return mostCareful([
    own,
    ...steps.map(({ cluster }, n) => (cluster === null ? everywhere : (placed[n]?.mode ?? 'enforce')))
  ])
}

const clusterNames = (steps: readonly ActionRequest[]) => [...new Set(steps.map((step) => step.cluster))].join(', ')

function left(
  subject: Subject,
  one: RuleFinding,
  state: Breach['state'],
  because: string,
  changesAt: number | null = null
): Stated {
  return { breach: breachOf(subject, one, state, because), steps: [], mode: 'observe', changesAt }
}

function breachOf(
  subject: Subject,
  { rule, fact, severity }: RuleFinding,
  state: Breach['state'],
  because: string
): Breach {
  const { detail, from, to, summary, evidence } = fact
  const { name, layer } = rule
  const resource = resourceOf(subject)
  return {
    rule: name,
    detail,
    layer,
    severity,
    resource,
    name: subject.name,
    from,
    to,
    summary,
    evidence,
    state,
    because
  }
}

/** Compares for sorting, worst first. */
export const bySeverity = (a: Breach, b: Breach): number =>
  severities.indexOf(b.severity) - severities.indexOf(a.severity)
