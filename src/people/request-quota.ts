import { nearest } from '../base/nearest.ts'
import type { Actor } from '../core/approval.ts'
import type { Event, QuotaRequestData } from '../events/event.ts'
import { askBackAbove, type QuotaInstance, type QuotaSettings } from '../policies/quota-rebalance/settings.ts'
import { type Preview, preview } from '../policies/quota-rebalance/view/preview.ts'
import { type Answer, no } from './answer.ts'
import type { PeopleContext } from './context.ts'
import { mayNotOperate, unknownCluster } from './permission.ts'

/** What somebody asks for; `forMs` null: lasting. */
export interface QuotaWish {
  readonly cluster: string
  readonly resource: string
  readonly amount: number
  readonly forMs: number | null
  readonly reason: string | null
  /** It was said that it may take much from others. */
  readonly confirmed?: boolean
}

/** Asked for: the lane that decides, and the event to follow. */
export interface QuotaAsked {
  readonly policy: string
  readonly lane: string
  readonly event: number
  readonly lanes: number
  /** Its number, or that of the one that is ended. */
  readonly request: number
  /** ms since the epoch; null: it is for good. */
  readonly until: number | null
}

/** Whoever needs more for longer needs it for good. */
const longestMs = 366 * 86_400_000
/** Less is over before anything can be moved. */
const shortestMs = 1000

/** Has quota moved to a cluster, through the guard, for a time or for good. */
export async function requestQuota(
  context: PeopleContext,
  instances: readonly QuotaInstance[],
  actor: Actor,
  wish: QuotaWish
): Promise<Answer<QuotaAsked>> {
  const { cluster, resource, amount, forMs, reason, confirmed = false } = wish
  const refused = mayNotOperate(context, actor) ?? unknownCluster(context, cluster)
  if (refused !== null) return refused
  if (instances.length === 0) return no('conflict', 'no policy reacts to this: configure quota-rebalance')
  const groups = instances.flatMap((instance) =>
    Object.entries(instance.settings.groups).map(([name, group]) => ({ ...instance, name, ...group }))
  )
  const mine = groups.filter(({ projects }) => Object.hasOwn(projects, cluster))
  if (mine.length === 0) return no('conflict', `${cluster} is in no group of quota-rebalance`)
  const found = mine.find(({ resources }) => Object.hasOwn(resources, resource))
  if (found === undefined) {
    const known = mine.flatMap(({ resources }) => Object.keys(resources))
    const meant = nearest(resource, known)
    const hint = meant === null ? '; ' : `, did you mean ${meant}? `
    return no(
      'unknown',
      `${resource.slice(0, 60)} is not shared with ${cluster}${hint}resources are: ${known.join(', ')}`
    )
  }
  if (forMs !== null && forMs > longestMs)
    return no('conflict', 'that is longer than a year: leave the time out, and the transfer is lasting')
  if (forMs !== null && forMs < shortestMs)
    return no('conflict', 'that is over before anything could be moved: ask for a second at least, such as 30m or 4h')
  const { name: group, policy, settings } = found
  const ahead = await preview(
    context.journal,
    { policy, settings },
    { group, cluster, resource, amount },
    context.now()
  )
  const toldNo = tooMuch(wish, ahead) ?? (confirmed ? null : askedBack(wish, ahead, settings))
  if (toldNo !== null) return toldNo
  const until = forMs === null ? null : context.now() + forMs
  return ask(context, actor, { policy, lane: `group:${group}`, cluster, resource, amount, until, reason, ends: null })
}

/** Ends a request now: what it got goes back as far as it is free. */
export async function releaseQuota(
  context: PeopleContext,
  instances: readonly QuotaInstance[],
  actor: Actor,
  id: number,
  reason: string | null
): Promise<Answer<QuotaAsked>> {
  const refused = mayNotOperate(context, actor)
  if (refused !== null) return refused
  if (instances.length === 0) return no('conflict', 'no policy reacts to this: configure quota-rebalance')
  const lanes = instances.flatMap(({ policy, settings }) =>
    Object.keys(settings.groups).map((name) => ({ policy, lane: `group:${name}` }))
  )
  const rows = await Promise.all(
    lanes.map(async ({ policy, lane }) =>
      (await context.journal.quotaRequests(policy, lane)).map((one) => ({ ...one, policy }))
    )
  )
  const found = rows.flat().find((one) => one.id === id)
  if (found === undefined) return no('unknown', `there is no request ${id}: \`reflex quota\` lists them`)
  const { policy, lane, cluster, resource, amount, until } = found
  if (until !== null && until <= context.now())
    return no(
      'conflict',
      `request ${id} was over at ${new Date(until).toISOString()}; it goes back as far as it is free`
    )
  return ask(context, actor, { policy, lane, cluster, resource, amount, until: context.now(), reason, ends: id })
}

/** More than there can ever be is refused with the number: it would take all that others can spare, and wait for ever. */
function tooMuch({ cluster, resource, amount }: QuotaWish, { most }: Preview) {
  if (most === null || amount <= most.amount) return null
  const can = most.amount === 0 ? `${cluster} can get no more of it` : `at most ${most.amount} more`
  return no('conflict', `${amount} ${resource} can never be given to ${cluster}: ${can} (${most.why})`)
}

/** What takes much from others is done when it was said twice. */
function askedBack({ cluster, resource, amount }: QuotaWish, { takes }: Preview, settings: QuotaSettings) {
  const share = askBackAbove(settings)
  const percent = (of: number) => `${Math.round(of * 100)} %`
  const said = `where it is more than ${percent(share)} of theirs it has to be said twice: once more with --yes (in the API \`"confirm": "yes"\`)`
  if (takes === null) {
    // Nothing was read yet: all that is not there for the taking may be somebody's.
    const { capacity = null } = settings.groups[groupWith(settings, cluster, resource)]?.resources[resource] ?? {}
    if (typeof capacity === 'number' && amount <= share * capacity) return null
    return no(
      'unconfirmed',
      `nobody knows yet what ${amount} ${resource} for ${cluster} would take from others; ${said}`
    )
  }
  const much = takes.filter(({ amount, limit }) => amount > share * limit)
  if (much.length === 0) return null
  const lost = takes.map(
    (one) => `${one.amount} of the ${one.limit} ${one.resource} of ${one.cluster} (${percent(one.amount / one.limit)})`
  )
  return no('unconfirmed', `${amount} ${resource} for ${cluster} would take ${lost.join(', ')}; ${said}`)
}

const groupWith = ({ groups }: QuotaSettings, cluster: string, resource: string): string =>
  Object.keys(groups).find(
    (name) => Object.hasOwn(groups[name]!.projects, cluster) && Object.hasOwn(groups[name]!.resources, resource)
  ) ?? ''

let counter = 0

async function ask(
  context: PeopleContext,
  actor: Actor,
  wish: Omit<QuotaRequestData, 'kind' | 'actor'>
): Promise<Answer<QuotaAsked>> {
  const { via } = context
  const at = context.now()
  const did = wish.ends === null ? 'quota-request' : 'quota-release'
  const event: Event = {
    id: `${did}-${wish.cluster}-${wish.resource}-${actor.name}-${at}-${++counter}`,
    source: '/stackreflex/people',
    type: `stackreflex.${did}`,
    subject: `${wish.cluster}/${wish.resource}`,
    time: new Date(at).toISOString(),
    project: null,
    requestId: null,
    globalRequestId: null,
    data: { kind: 'quota-request', actor: actor.name, ...wish, ...(via === undefined ? {} : { via }) }
  }
  const { woke } = await context.receive({ events: [event], ignored: [] })
  if (woke === 0) return no('conflict', `no policy reacts to this: ${wish.policy} is off`)
  const row = await context.journal.eventAt(event.time, event.id)
  if (row === null) throw new Error(`event ${event.id} was journalled and is not there`)
  const requests = await context.journal.quotaRequests(wish.policy, wish.lane)
  const mine = requests.findLast(({ by, cluster, resource }) => {
    return by === actor.name && cluster === wish.cluster && resource === wish.resource
  })
  const { policy, lane, until } = wish
  return { ok: true, policy, lane, event: row.seq, lanes: woke, request: wish.ends ?? mine!.id, until }
}
