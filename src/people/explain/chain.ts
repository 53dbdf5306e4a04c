import type { Approval } from '../../core/approval.ts'
import { eventDataOf } from '../../core/event-data.ts'
import type { HintData } from '../../events/event.ts'
import type { Reading } from '../../store/journal.ts'
import type { DecisionRow, EventRow } from '../../store/rows.ts'
import { bounded } from './bounded.ts'
import { find } from './find.ts'
import { type ExplainedDecision, withParts } from './parts.ts'
import { type ApprovalView, approvalView, type EventView, eventView, type LaneView, laneView } from './views.ts'

/** The whole chain around one thing: what came in, what was decided and why, what was done, what came back. */
export interface Explanation {
  readonly about: string
  readonly found: boolean
  readonly searched: readonly string[]
  /** Older decisions or events were left out. */
  readonly cut: boolean
  /** How the lanes stand now. */
  readonly lanes: readonly LaneView[]
  /** Everything that came in, oldest first. */
  readonly events: readonly EventView[]
  /** Oldest first. */
  readonly decisions: readonly ExplainedDecision[]
  /** What people were asked because of these decisions, and what they said; oldest first. */
  readonly approvals: readonly ApprovalView[]
}

const DEPTH = 3
const MAX_DECISIONS = 40
/** Of the events of one decision: a storm folds a thousand into one. */
const TRIGGERS = 10

/** Explains one thing by any number or name that it is shown with; reads within the time of one answer. */
export async function explain(unbounded: Reading, about: string): Promise<Explanation> {
  const journal = bounded(unbounded)
  const { searched, events, decisions, lanes, approvals, cut } = await find(journal, about)
  const chain = new Map(decisions.map((row) => [row.id, { row, because: null as number | null }]))
  const cameIn = new Map(events.map((row) => [row.seq, row]))
  await followUp(journal, chain, cameIn)
  await followDown(journal, chain, cameIn)

  const explained = await Promise.all(
    [...chain.values()].sort((a, b) => a.row.id - b.row.id).map(({ row, because }) => withParts(journal, row, because))
  )
  // Lanes of two policies may be called alike; a policy hints at its own.
  const places = [
    ...lanes.map(({ policy, key }) => ({ policy, key })),
    ...explained.flatMap(({ policy, lane, hints }) =>
      [lane, ...hints.map((hint) => hint.lane)].map((key) => ({ policy, key }))
    )
  ]
  const different = [...new Map(places.map((one) => [`${one.policy} ${one.key}`, one])).values()]
  const now = await Promise.all(
    different.map(async ({ policy, key }) => (await journal.lanes({ key })).filter((lane) => lane.policy === policy))
  )
  const asked = await approvalsOf(journal, approvals, explained)
  return {
    about,
    found: asked.length > 0 || cameIn.size > 0 || explained.length > 0 || lanes.length > 0,
    searched,
    cut,
    lanes: now.flat().map(laneView),
    events: [...cameIn.values()].sort((a, b) => a.seq - b.seq).map(eventView),
    decisions: explained,
    approvals: asked.map(approvalView)
  }
}

async function approvalsOf(
  journal: Reading,
  found: readonly Approval[],
  decisions: readonly ExplainedDecision[]
): Promise<readonly Approval[]> {
  const asked = new Map(found.map((one) => [one.id, one]))
  for (const { approval } of decisions) {
    if (approval === null || asked.has(approval)) continue
    const [there] = await journal.approvals({ id: approval })
    if (there !== undefined) asked.set(approval, there)
  }
  return [...asked.values()].sort((a, b) => a.id - b.id)
}

type Chain = Map<number, { row: DecisionRow; because: number | null }>

async function triggersOf(
  journal: Reading,
  row: DecisionRow,
  cameIn: Map<number, EventRow>
): Promise<readonly EventRow[]> {
  const rows = await Promise.all(
    row.events.slice(-TRIGGERS).map(async (seq) => cameIn.get(seq) ?? (await journal.event(String(seq))))
  )
  const there = rows.filter((event) => event !== null)
  for (const event of there) cameIn.set(event.seq, event)
  return there
}

/** The hint that an event carries; null for an event of the outside world. */
function hintIn(event: EventRow): HintData | null {
  const data = eventDataOf(event.data)
  return data?.kind === 'hint' ? data : null
}

/** From a lane that was hinted at, to the decision that gave the hint. */
async function followUp(journal: Reading, chain: Chain, cameIn: Map<number, EventRow>): Promise<void> {
  const about = remembered(journal)
  let level = [...chain.values()]
  for (let depth = 0; depth <= DEPTH && level.length > 0; depth++) {
    const above: typeof level = []
    for (const entry of level) {
      for (const event of await triggersOf(journal, entry.row, cameIn)) {
        const hint = hintIn(event)
        if (hint === null || event.source !== '/stackreflex/decide' || depth === DEPTH || chain.size >= MAX_DECISIONS)
          continue
        const giver = await giverOf(about, hint, event)
        if (giver === null) continue
        entry.because ??= giver.id
        if (!chain.has(giver.id)) above.push({ row: giver, because: null })
        if (!chain.has(giver.id)) chain.set(giver.id, above.at(-1)!)
      }
    }
    level = above
  }
}

type AboutResource = (resource: string) => Promise<readonly DecisionRow[]>

/** Many hints of one chain are about the same few resources: each is asked for once. */
function remembered(journal: Reading): AboutResource {
  const known = new Map<string, Promise<readonly DecisionRow[]>>()
  return (resource) => {
    const rows = known.get(resource) ?? journal.decisions({ limit: 50, resource })
    known.set(resource, rows)
    return rows
  }
}

/** The hint is journalled together with the decision that gives it: the newest one before it that names the lane. */
async function giverOf(about: AboutResource, hint: HintData, event: EventRow): Promise<DecisionRow | null> {
  for (const resource of [...hint.resources.slice(0, 3), ...(event.subject === null ? [] : [event.subject])]) {
    const giver = (await about(resource)).find(
      (row) =>
        row.policy === hint.policy &&
        row.at <= event.receivedAt &&
        row.hints.some(({ lane, reason }) => lane === hint.lane && reason === hint.reason)
    )
    if (giver !== undefined) return giver
  }
  return null
}

/** From a decision to what the lanes that it hinted at decided. */
async function followDown(journal: Reading, chain: Chain, cameIn: Map<number, EventRow>): Promise<void> {
  let level = [...chain.values()].map(({ row }) => row)
  for (let depth = 0; depth < DEPTH && level.length > 0; depth++) {
    const below: DecisionRow[] = []
    for (const giver of level) {
      for (const { lane } of giver.hints) {
        if (chain.size >= MAX_DECISIONS) return
        const later = await journal.decisions({ limit: 50, lane, since: giver.at, type: giver.policy })
        for (const row of later.toReversed()) {
          const hinted = (await triggersOf(journal, row, new Map(cameIn))).some(
            (event) => hintIn(event)?.lane === lane && event.receivedAt >= giver.at
          )
          if (!hinted || row.id === giver.id) continue
          await triggersOf(journal, row, cameIn)
          const known = chain.get(row.id)
          if (known === undefined) {
            chain.set(row.id, { row, because: giver.id })
            below.push(row)
          } else known.because ??= giver.id
          break
        }
      }
    }
    level = below
  }
}
