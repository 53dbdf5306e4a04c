import type { Approval } from '../core/approval.ts'
import type { DecisionRow, EventRow, Journal, LaneRow } from '../store/journal.ts'

/** Where an explanation starts, and everything that was looked for on the way there. */
export interface Found {
  readonly searched: readonly string[]
  readonly events: readonly EventRow[]
  readonly decisions: readonly DecisionRow[]
  readonly lanes: readonly LaneRow[]
  readonly approvals: readonly Approval[]
  /** There is more than is shown: the oldest were left out. */
  readonly cut: boolean
}

/** Enough for one story; a resource that lived for a year has more. */
const SOME = 20
const SOME_LANES = 6

/** The lanes that a name or an address may have. */
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

/** Finds what a person means: an event, a decision or approval by its number, an action, a lane by its name, a resource, part of a name. */
export async function find(journal: Journal, about: string): Promise<Found> {
  const searched: string[] = []
  const nothing = { events: [], decisions: [], lanes: [], approvals: [], cut: false }

  const decision = /^(?:decision[: ]?)(\d{1,15})$/.exec(about)
  if (decision !== null) {
    const decisions = await journal.decisions({ limit: 1, id: Number(decision[1]) })
    return { ...nothing, searched: [`decision ${decision[1]}`], decisions }
  }

  const approval = /^approval[: ]?(\d{1,15})$/.exec(about)
  if (approval !== null) return ofApproval(journal, Number(approval[1]))

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
  const lanes = (await Promise.all(keys.map((key) => journal.lanes({ key })))).flat()
  if (lanes.length > 0) return { ...nothing, searched, ...(await ofLanes(journal, lanes)) }

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

  if (about.length < 3) return { ...nothing, searched }
  searched.push('lanes whose name has this in it')
  const like = contains(await journal.lanes({}), about)
  return like.length === 0 ? { ...nothing, searched } : { ...nothing, searched, ...(await ofLanes(journal, like)) }
}

/** The decisions that asked for it or rested on it. */
async function ofApproval(journal: Journal, id: number): Promise<Found> {
  const searched = [`approval ${id}`]
  const [found] = await journal.approvals({ id })
  if (found === undefined) return { searched, events: [], decisions: [], lanes: [], approvals: [], cut: false }
  const ofLane = await journal.decisions({ limit: SOME, lane: found.lane })
  const [first] = await journal.decisions({ limit: 1, id: found.decision })
  const decisions = ofLane.filter((row) => row.approval === id && row.id !== first?.id)
  const all = first === undefined ? decisions : [...decisions, first]
  return { searched, events: [], decisions: all, lanes: [], approvals: [found], cut: ofLane.length === SOME }
}

async function ofLanes(journal: Journal, lanes: readonly LaneRow[]) {
  const few = lanes.slice(0, SOME_LANES)
  const each = Math.max(3, Math.floor(SOME / few.length))
  const decisions = await Promise.all(few.map(({ key }) => journal.decisions({ limit: each, lane: key })))
  const cut = lanes.length > few.length || decisions.some((some) => some.length === each)
  return { lanes: few, decisions: decisions.flat(), cut }
}
