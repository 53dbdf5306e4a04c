import type { Approval } from '../../core/approval.ts'
import { policyIn } from '../../core/instance.ts'
import { linearMatch } from '../../core/linear-match.ts'
import { openBreaches } from '../../policies/shared/open-breaches.ts'
import type { Reading } from '../../store/journal.ts'
import type { DecisionRow, EventRow, LaneRow } from '../../store/rows.ts'

/** Where an explanation starts, and everything that was looked for on the way there. */
export interface ExplanationStart {
  readonly searched: readonly string[]
  readonly events: readonly EventRow[]
  readonly decisions: readonly DecisionRow[]
  readonly lanes: readonly LaneRow[]
  readonly approvals: readonly Approval[]
  /** There is more than is shown: the oldest were left out. */
  readonly cut: boolean
}

const nothing = { events: [], decisions: [], lanes: [], approvals: [], cut: false } as const

/** Enough for one story; a resource that lived for a year has more. */
const SOME = 20
const SOME_LANES = 6

/** Returns the lanes that a name or an address may have. */
export function laneKeys(about: string): readonly string[] {
  const low = about.toLowerCase()
  const name = low.endsWith('.') ? low : `${low}.`
  return [...new Set([about, `name:${name}`, `ptr:${low}`])]
}

/** Where an event that is not decided yet probably waits: a hint says so, others wait with their resource. */
function laneOf({ data, project, subject }: EventRow): string {
  const { kind, lane } = (data ?? {}) as { kind?: string; lane?: string }
  return lane ?? `${kind}/${project}/${subject}`
}

/** The part of a lane key that a person would type: `name:web-1.dev.example.` → `web-1.dev.example.`. */
const spoken = (key: string): string => key.slice(key.indexOf(':') + 1)

const contains = (lanes: readonly LaneRow[], part: string): readonly LaneRow[] => {
  const low = part.toLowerCase()
  const begins = lanes.filter((lane) => spoken(lane.key).startsWith(`${low}.`))
  return begins.length > 0 ? begins : lanes.filter((lane) => lane.key.toLowerCase().includes(low))
}

/** Finds what a person means: whatever is shown with a number or a name, as it is shown; a resource, part of a name. */
export async function find(journal: Reading, said: string): Promise<ExplanationStart> {
  const searched: string[] = []
  const numbered = await findNumbered(journal, said.trim(), searched)
  if (numbered !== null) return numbered

  const about = said.trim().replace(/^(?:event|hint|person|action|lane)[: #]+(?=\S)/i, '')
  searched.push(/^\d+$/.test(about) ? `an event with number ${about}` : 'an event with this id')
  const event = await journal.event(about)
  if (event !== null) {
    const decisions = await journal.decisions({ limit: SOME, event: event.seq })
    const waiting = decisions.length > 0 || event.reason !== null ? [] : await journal.lanes({ key: laneOf(event) })
    return { ...nothing, searched, events: [event], decisions, lanes: waiting }
  }

  searched.push('an action with this id')
  const [action] = await journal.actions({ limit: 1, id: about })
  if (action !== undefined) {
    return { ...nothing, searched, decisions: await journal.decisions({ limit: 1, id: action.decision }) }
  }

  const keys = laneKeys(about)
  searched.push(`lanes ${keys.slice(1).join(', ')}`)
  const named = (await Promise.all(keys.map((key) => journal.lanes({ key })))).flat()
  const lanes = named.length > 0 ? named : await asShown(journal, about)
  searched.push('a finding with this name')
  const told = await toldAs(journal, about)
  if (lanes.length > 0) return { ...nothing, searched, ...(await ofLanes(journal, amid(told, lanes))) }

  searched.push('a resource with this id')
  const [events, decisions, around] = await Promise.all([
    journal.events({ limit: SOME, resource: about }),
    journal.decisions({ limit: SOME, resource: about }),
    journal.lanes({ resource: about })
  ])
  if (events.length > 0 || decisions.length > 0 || around.length > 0) {
    const cut = events.length === SOME || decisions.length === SOME
    return { ...nothing, searched, events, decisions, lanes: around.slice(0, SOME_LANES), cut }
  }

  if (about.length < 3 && told.length === 0) return { ...nothing, searched }
  searched.push('lanes whose name has this in it')
  const like = amid(told, about.length < 3 ? [] : contains(await journal.lanes({ part: about }), about))
  return like.length === 0 ? { ...nothing, searched } : { ...nothing, searched, ...(await ofLanes(journal, like)) }
}

/** What is shown with a number of its own; null where this is none, or none of that number is there. */
async function findNumbered(journal: Reading, about: string, searched: string[]): Promise<ExplanationStart | null> {
  const [, kind = '', number = '', ordinal] =
    /^(?:(decision|approval|step|stop|request)[: #]*)?(\d{1,15})(?:\.(\d{1,4}))?$/i.exec(about) ?? []
  const n = Number(number)
  if (ordinal !== undefined) {
    searched.push(`step ${number}.${ordinal}`)
    const actions = await journal.actions({ limit: 100, decision: n })
    if (!actions.some((one) => one.ordinal === Number(ordinal) - 1)) return null
    return { ...nothing, searched, decisions: await journal.decisions({ limit: 1, id: n }) }
  }
  switch (kind.toLowerCase()) {
    case 'decision':
      return { ...nothing, searched: [`decision ${n}`], decisions: await journal.decisions({ limit: 1, id: n }) }
    case 'approval':
      return ofApproval(journal, n)
    case 'stop':
      return ofStop(journal, n)
    case 'request':
      return ofRequest(journal, n)
    default:
      return null
  }
}

/** A lane as lists and sentences name it: behind its policy, before it in brackets, or with ids cut to `8a256341…`. */
async function asShown(journal: Reading, about: string): Promise<readonly LaneRow[]> {
  if (!/[ …]/.test(about)) return []
  const all = await journal.lanes({})
  const exact = all.filter(
    ({ policy, key }) =>
      about === `${policy} ${key}` || about === `${key} (${policy})` || about === `${policy} lane ${key}`
  )
  if (exact.length > 0 || !about.includes('…')) return exact
  const parts = about.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  // The text is the caller's: however many cuts it has, matching must not take longer than the keys are long.
  const cut = parts.join('[0-9a-f-]*')
  return all.filter(({ key }) => linearMatch(cut, key))
}

/** The lanes of what is wrong now with something of this name: `reflex findings` shows it so, and a lane's key may be an id. */
async function toldAs(journal: Reading, name: string): Promise<readonly LaneRow[]> {
  const low = name.toLowerCase()
  const told = (await openBreaches(journal)).filter((one) => one.name.toLowerCase() === low)
  const keys = [...new Set(told.map(({ lane }) => lane))].slice(0, 2 * SOME_LANES)
  const lanes = (await Promise.all(keys.map((key) => journal.lanes({ key })))).flat()
  return lanes.filter(({ policy, key }) => told.some((one) => one.policy === policy && one.lane === key))
}

/** Lanes of findings first, but no more than half of what is shown: a hundred groups may be called `default`. */
function amid(told: readonly LaneRow[], others: readonly LaneRow[]): readonly LaneRow[] {
  const some = SOME_LANES / 2
  const all = [...told.slice(0, some), ...others, ...told.slice(some)]
  return [...new Map(all.map((lane) => [`${lane.policy} ${lane.key}`, lane])).values()]
}

/** What was said of it: under its cluster while it stands, else by who lifted it. */
async function ofStop(journal: Reading, id: number): Promise<ExplanationStart> {
  const said = (type: string, resource?: string) =>
    journal.events({ limit: 100, type, ...(resource === undefined ? {} : { resource }) })
  const standing = (await journal.stops()).find((one) => one.id === id)
  const lifts = (await said('stackreflex.resume')).filter(({ data }) =>
    (data as { reason?: string } | null)?.reason?.startsWith(`lifts stop ${id} `)
  )
  const where = standing === undefined ? lifts[0]?.subject : (standing.cluster ?? 'everything')
  const stops = where === undefined || where === null ? [] : await said('stackreflex.stop', where)
  const searched = [`stop ${id}: \`reflex status\` lists those that stand`]
  return { ...nothing, searched, events: [...stops, ...lifts] }
}

async function ofRequest(journal: Reading, id: number): Promise<ExplanationStart> {
  const lanes = (await journal.lanes({})).filter(({ policy }) => policyIn(policy) === 'quota-rebalance')
  const asked = await Promise.all(lanes.map(({ policy, key }) => journal.quotaRequests(policy, key)))
  const lane = lanes.filter((_, n) => asked[n]!.some((one) => one.id === id))
  const searched = [`request ${id}: \`reflex quota\` lists those that stand`]
  return lane.length === 0 ? { ...nothing, searched } : { ...nothing, searched, ...(await ofLanes(journal, lane)) }
}

/** The decisions that asked for it or rested on it. */
async function ofApproval(journal: Reading, id: number): Promise<ExplanationStart> {
  const searched = [`approval ${id}`]
  const [found] = await journal.approvals({ id })
  if (found === undefined) return { searched, events: [], decisions: [], lanes: [], approvals: [], cut: false }
  const ofLane = await journal.decisions({ limit: SOME, lane: found.lane })
  const [first] = await journal.decisions({ limit: 1, id: found.decision })
  const decisions = ofLane.filter((row) => row.approval === id && row.id !== first?.id)
  const all = first === undefined ? decisions : [...decisions, first]
  return { searched, events: [], decisions: all, lanes: [], approvals: [found], cut: ofLane.length === SOME }
}

async function ofLanes(journal: Reading, lanes: readonly LaneRow[]) {
  const few = lanes.slice(0, SOME_LANES)
  const each = Math.max(3, Math.floor(SOME / few.length))
  const decisions = await Promise.all(
    few.map(({ policy, key }) => journal.decisions({ limit: each, lane: key, type: policy }))
  )
  const cut = lanes.length > few.length || decisions.some((some) => some.length === each)
  return { lanes: few, decisions: decisions.flat(), cut }
}
