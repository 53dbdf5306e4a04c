import { noSuch } from '../base/nearest.ts'
import { type Actor, type Approval, mayNotApprove, needed } from '../core/approval.ts'
import type { ApprovalRules, Tier } from '../core/guard-rules.ts'
import type { Stop, WhichStop } from '../core/stop.ts'
import { stopText } from '../core/stop-text.ts'
import type { Event, Ignored, PersonData } from '../events/event.ts'
import type { QuotaInstance } from '../policies/quota-rebalance/settings.ts'
import type { Journal, Reading } from '../store/journal.ts'
import type { DecisionRow, LaneRow } from '../store/rows.ts'

/** What the doors for people go by. */
export interface Doors {
  readonly journal: Journal
  /** For what is only shown; left out: the journal itself. */
  readonly reading?: Reading
  /** Tier of each configured cluster. */
  readonly tiers: Readonly<Record<string, Tier>>
  readonly approvals: ApprovalRules
  /** Groups that may stop, resume, undo, restart, decide again and unpark; empty: nobody but users of this machine. */
  readonly operate: readonly string[]
  /** Every instance of `quota-rebalance`; left out or empty: it is not configured. */
  readonly quotas?: readonly QuotaInstance[]
  /** Names of the services that `workload-actions` knows; left out or null: it is not configured. */
  readonly services?: readonly string[] | null
  /** The call of Slack that is worked; left out: none is. */
  readonly via?: string
  /** Puts a stop in force before it is journalled; left out: this is no running product. */
  readonly stopAtOnce?: (stop: Omit<Stop, 'id' | 'at' | 'memory'>) => () => void
  readonly now: () => number
  /** Journals what the policies are to hear of, with the lanes that it wakes: `woke` of them. */
  readonly receive: (batch: Batch) => Promise<{ readonly woke: number }>
}

interface Batch {
  readonly events: readonly Event[]
  readonly ignored: readonly Ignored[]
}

/** Where what is only shown is read: what a person does never waits for that. */
export const readingOf = ({ reading, journal }: Doors): Reading => reading ?? journal

/** Why a door says no. */
type No = 'unknown' | 'refused' | 'conflict' | 'unconfirmed'

/**
 * A door's answer: `unknown` = there is no such thing, `refused` = not you, `conflict` = not (any more) possible, `unconfirmed` =
 * only where it is said once more.
 */
export type Answer<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly why: No; readonly reason: string }

/** A door's no. */
export const no = (why: No, reason: string) => ({ ok: false, why, reason }) as const

/** Approves or rejects a plan; its lane is decided anew before anything is carried out (`decisionAfter` tells). */
export async function vote(
  doors: Doors,
  actor: Actor,
  id: number,
  verdict: 'approve' | 'reject',
  reason: string | null
): Promise<Answer<{ approval: Approval; missing: number }>> {
  const { journal, tiers, approvals } = doors
  const [found] = await journal.approvals({ id })
  if (found === undefined)
    return no('unknown', `there is no approval ${id}: \`reflex approvals\` lists those that wait`)
  if (found.state !== 'open') return no('conflict', notOpen(found))
  const need = needed(found.clusters, tiers, approvals)
  // Whoever asked may take it back.
  const takesBack = verdict === 'reject' && found.requesters.includes(actor.name)
  const refused = takesBack ? null : mayNotApprove(found, actor, need)
  if (refused !== null) return no('refused', refused)
  const rules = { required: need.required, expiresMs: approvals.expiresMs }
  const event = personEvent(doors, actor, { did: verdict, about: String(id), reason })
  const voted = await journal.vote(id, { actor: actor.name, verdict, reason }, rules, event)
  if (voted === null || !voted.counted) return no('conflict', notOpen(voted?.approval ?? found))
  const given = voted.approval.votes.filter((one) => one.verdict === 'approve').length
  return { ok: true, approval: voted.approval, missing: Math.max(0, need.required - given) }
}

function notOpen({ id, state, reason }: Approval): string {
  return `approval ${id} is ${state}${reason === null ? '' : `: ${reason}`}`
}

/** Nothing is changed on the cluster (null: anywhere) from now on, until somebody resumes; decisions go on. */
export async function stop(
  doors: Doors,
  actor: Actor,
  cluster: string | null,
  reason: string | null
): Promise<Answer<{ cluster: string | null; stop: number; memory?: string; others: readonly Stop[] }>> {
  const refused = mayNotOperate(doors, actor) ?? unknownCluster(doors, cluster)
  if (refused !== null) return refused
  const event = personEvent(doors, actor, { did: 'stop', about: cluster ?? 'everything', reason })
  const id = await doors.journal.stop({ cluster, by: actor.name, reason: reason ?? 'no reason given' }, event)
  const stops = await doors.journal.stops()
  const memory = stops.find((one) => one.id === id)?.memory
  return {
    ok: true,
    cluster,
    stop: id,
    ...(memory === undefined ? {} : { memory }),
    others: stops.filter((one) => one.id !== id)
  }
}

/** The same in memory alone, where that is possible, for a door that journals first who came; what it gives takes it back. */
export function stopAtOnce(doors: Doors, actor: Actor, cluster: string | null, reason: string | null): () => void {
  const none = () => {}
  if ((mayNotOperate(doors, actor) ?? unknownCluster(doors, cluster)) !== null) return none
  return doors.stopAtOnce?.({ cluster, by: actor.name, reason: reason ?? 'no reason given' }) ?? none
}

/**
 * Lifts one stop: what stops hold is decided again. Of several of one cluster the actor's own is meant, where that is one;
 * else it has to be said which.
 */
export async function resume(
  doors: Doors,
  actor: Actor,
  which: WhichStop,
  reason: string | null
): Promise<Answer<{ lifted: Stop; lanes: number; left: readonly Stop[] }>> {
  const { journal } = doors
  const refused = mayNotOperate(doors, actor) ?? ('stop' in which ? null : unknownCluster(doors, which.cluster))
  if (refused !== null) return refused
  const stops = await journal.stops()
  const picked = pickStop(stops, which, actor)
  if ('ok' in picked) return picked
  const { id, cluster, by, reason: why, memory } = picked
  if (memory !== undefined) return no('conflict', `stop ${id} is not lifted now: ${memory}`)
  const lifts = `${lifting(id)}${by} (${why})`
  const said = reason === null ? lifts : `${lifts}: ${reason}`
  const event = personEvent(doors, actor, { did: 'resume', about: cluster ?? 'everything', reason: said })
  const lanes = await journal.resume(id, event)
  if (lanes === null) return no('conflict', `stop ${id} was lifted by somebody else a moment ago`)
  return { ok: true, lifted: picked, lanes, left: await journal.stops() }
}

/** How the reason of a resume begins in the journal: which stop it lifts. */
export const lifting = (stop: number): string => `lifts stop ${stop} by `

function pickStop(stops: readonly Stop[], which: WhichStop, actor: Actor): Stop | ReturnType<typeof no> {
  const standing = stops.map(stopText).join('; ') || 'nothing'
  if ('stop' in which) {
    const found = stops.find(({ id }) => id === which.stop)
    return found ?? no('conflict', `stop ${which.stop} does not stand (stopped now: ${standing})`)
  }
  const name = which.cluster ?? 'everything'
  const there = stops.filter(({ cluster }) => cluster === which.cluster)
  const mine = there.filter(({ by }) => by === actor.name)
  const [only, ...more] = there.length > 1 ? mine : there
  if (only !== undefined && more.length === 0) return only
  if (there.length === 0) return no('conflict', `${name} is not stopped (stopped now: ${standing})`)
  const each = there.map((one) => `${stopText(one)}: \`reflex resume stop:${one.id}\``)
  return no('conflict', `${there.length} stops of ${name} stand; say which: ${each.join('; ')}`)
}

/** Somebody answers for what the product could not believe: a journal that may not be the one it had, or a clock that jumped. */
export async function accept(
  doors: Doors,
  actor: Actor,
  what: 'journal' | 'clock',
  reason: string | null
): Promise<Answer<{ accepted: 'journal' | 'clock' }>> {
  const refused = mayNotOperate(doors, actor)
  if (refused !== null) return refused
  const doubt = what === 'journal' ? await doors.journal.doubt() : ''
  if (doubt === null) return no('conflict', 'nothing speaks against the journal: there is nothing to accept')
  const why = [doubt, reason].filter(Boolean).join(': ') || null
  await doors.journal.accept(what, personEvent(doors, actor, { did: 'accept', about: what, reason: why }))
  return { ok: true, accepted: what }
}

/** Plans what takes an action back, through the same guard; the target is left alone afterwards. */
export async function undo(
  doors: Doors,
  actor: Actor,
  action: string,
  reason: string | null
): Promise<Answer<{ policy: 'undo'; lane: string }>> {
  const refused = mayNotOperate(doors, actor)
  if (refused !== null) return refused
  const [found] = await doors.journal.actions({ limit: 1, id: action })
  if (found === undefined) {
    // A step is shown with a number of its own, beside the id that is wanted here.
    const about = /^\d+\.\d+$/.test(action) ? `step ${action}` : '<name>'
    return no('unknown', `there is no action ${action}: \`reflex explain ${about}\` shows the ids of what was done`)
  }
  if (found.state !== 'done')
    return no('conflict', `action ${action} is ${found.state}: only what was done can be undone`)
  if (found.inverse === null)
    return no(
      'conflict',
      `action ${action} (${found.type} on ${found.target}) changed nothing, or cannot be taken back`
    )
  // Each request has a lane of its own: it is tried once, on what is there then.
  const lane = `${action}/${doors.now().toString(36)}`
  await wake(doors, actor, { did: 'undo', about: action, reason }, 'undo', lane)
  return { ok: true, policy: 'undo', lane }
}

/** Has the lane of a decision decided again on fresh answers, through the guard. */
export async function again(
  doors: Doors,
  actor: Actor,
  decision: number,
  reason: string | null
): Promise<Answer<{ policy: string; lane: string; before: DecisionRow }>> {
  const refused = mayNotOperate(doors, actor)
  if (refused !== null) return refused
  const [before] = await doors.journal.decisions({ limit: 1, id: decision })
  if (before === undefined)
    return no('unknown', `there is no decision ${decision}: \`reflex explain\` shows their numbers`)
  const { policy, lane } = before
  await wake(doors, actor, { did: 'again', about: String(decision), reason }, policy, lane)
  return { ok: true, policy, lane, before }
}

/** Has a lane tried again that was set aside after a failure; what follows its name is a reason. */
export async function unpark(
  doors: Doors,
  actor: Actor,
  words: string,
  reason: string | null
): Promise<Answer<{ policy: string; lane: string }>> {
  const refused = mayNotOperate(doors, actor)
  if (refused !== null) return refused
  const { rows, rest } = await laneIn(doors.journal, words)
  const [parked, another] = rows.filter((row) => row.parked !== null)
  if (rows.length === 0) return no('unknown', `there is no lane ${words}: \`reflex parked\` lists those set aside`)
  const { key } = parked ?? rows[0]!
  if (parked === undefined) return no('conflict', `lane ${key} is not parked`)
  if (another !== undefined)
    return no(
      'conflict',
      `${rows.length} lanes are called ${key}; say which: ${rows.map((row) => `\`reflex unpark '${row.policy} ${key}'\``).join(' or ')}`
    )
  await wake(doors, actor, { did: 'unpark', about: key, reason: reason ?? rest }, parked.policy, key)
  return { ok: true, policy: parked.policy, lane: key }
}

/** The lane whose name the words are, or begin with: names have spaces in them, and a reason may follow. */
async function laneIn(journal: Journal, words: string): Promise<{ rows: readonly LaneRow[]; rest: string | null }> {
  for (let end = words.length; end > 0; end = words.lastIndexOf(' ', end - 1)) {
    const said = words.slice(0, end)
    // As lists show a lane of one of several policies: behind its policy.
    const [policy = '', ...key] = said.split(' ')
    const named = await journal.lanes({ key: said })
    const rows =
      named.length > 0 ? named : (await journal.lanes({ key: key.join(' ') })).filter((row) => row.policy === policy)
    if (rows.length > 0) return { rows, rest: words.slice(end).trim() || null }
  }
  return { rows: [], rest: null }
}

/** Has the policies decide on a restart of a service: on one cluster, or (null) wherever it is placed. */
export async function restart(
  doors: Doors,
  actor: Actor,
  service: string,
  cluster: string | null,
  reason: string | null
): Promise<Answer<{ event: number; lanes: number }>> {
  const refused = mayNotRestart(doors, actor, { service, cluster })
  if (refused !== null) return refused
  const about = cluster === null ? service : `${service} on ${cluster}`
  const event = personEvent(doors, actor, { did: 'restart', about, reason })
  const { woke } = await doors.receive({ events: [event], ignored: [] })
  if (woke === 0) return no('conflict', 'no policy reacts to this: configure workload-actions')
  const row = await doors.journal.eventAt(event.time, event.id)
  if (row === null) throw new Error(`event ${event.id} was journalled and is not there`)
  return { ok: true, event: row.seq, lanes: woke }
}

interface Patience {
  readonly withinMs: number
  readonly sleep: (ms: number) => Promise<void>
}

/** What was decided because of an event that woke so many lanes, oldest first; fewer where not all come in time. */
export async function decisionsOf(
  journal: Journal,
  { event, lanes }: { readonly event: number; readonly lanes: number },
  { withinMs, sleep }: Patience
): Promise<readonly DecisionRow[]> {
  for (let waited = 0; ; waited += 100) {
    const found = await journal.decisions({ limit: 100, event })
    if (new Set(found.map(({ lane }) => lane)).size >= lanes || waited >= withinMs) return found.toReversed()
    await sleep(100)
  }
}

/** The first decision of a lane after the one numbered `after`; null where none comes in time. */
export async function decisionAfter(
  journal: Journal,
  { policy, lane }: { readonly policy: string; readonly lane: string },
  after: number,
  { withinMs, sleep }: Patience
): Promise<DecisionRow | null> {
  for (let waited = 0; ; waited += 100) {
    const decisions = await journal.decisions({ limit: 20, lane, type: policy })
    const found = decisions.findLast((one) => one.id > after)
    if (found !== undefined) return found
    if (waited >= withinMs) return null
    await sleep(100)
  }
}

/** Why somebody may not change what is done; null: they may. */
export function mayNotOperate({ operate }: Doors, { name, groups, local }: Actor) {
  if (local || operate.some((group) => groups.includes(group))) return null
  if (operate.length === 0)
    return no(
      'refused',
      `${name} may not: access.operate in reflex.yaml names no group, so nobody may; name one that ${name} is in`
    )
  const mine = groups.length === 0 ? 'no group' : groups.join(', ')
  return no('refused', `${name} is in ${mine}: this takes one of ${operate.join(', ')} (access.operate)`)
}

/** Why a cluster cannot be meant; null: it can. */
export function unknownCluster({ tiers }: Pick<Doors, 'tiers'>, cluster: string | null) {
  if (cluster === null || Object.hasOwn(tiers, cluster)) return null
  return no('unknown', noSuch('cluster', cluster, Object.keys(tiers)))
}

/** Why a restart is not even asked for; null: the policies decide. */
export function mayNotRestart(
  doors: Doors,
  actor: Actor,
  { service, cluster }: { readonly service: string; readonly cluster: string | null }
) {
  const refused = mayNotOperate(doors, actor) ?? unknownCluster(doors, cluster)
  if (refused !== null) return refused
  const { services = null } = doors
  // As words they are read again, and a lane is named after them.
  const unknown = services === null ? !/^[^\s@"']+$/.test(service) : !services.includes(service)
  return unknown ? no('unknown', noSuch('service', service, services ?? [])) : null
}

type Did = Pick<PersonData, 'did' | 'about' | 'reason'>

function wake(doors: Doors, actor: Actor, did: Did, policy: string, key: string): Promise<unknown> {
  const event = personEvent(doors, actor, did)
  const lanes = [{ policy, key, quietMs: 0, maxMs: 0, resources: [] }]
  return doors.journal.append({ events: [{ event, lanes, note: null }], ignored: [] })
}

let counter = 0

/** What a person did, as the event that is journalled with it. */
export function personEvent(
  { now, via }: Pick<Doors, 'now' | 'via'>,
  actor: Actor,
  { did, about, reason }: Did
): Event {
  const at = now()
  return {
    id: `${did}-${about}-${actor.name}-${at}-${++counter}`,
    source: '/stackreflex/people',
    type: `stackreflex.${did}`,
    subject: about,
    time: new Date(at).toISOString(),
    project: null,
    requestId: null,
    globalRequestId: null,
    data: { kind: 'person', actor: actor.name, did, about, reason, ...(via === undefined ? {} : { via }) }
  }
}
