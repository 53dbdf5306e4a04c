import { eventDataOf } from '../../core/event-data.ts'
import { meansPolicy } from '../../core/instance.ts'
import type { PersonData } from '../../events/event.ts'
import type { Reading } from '../../store/journal.ts'
import type { ActionRow, DecisionRow, EventRow, Page } from '../../store/rows.ts'
import { bounded } from './bounded.ts'
import { STATES } from './render-action.ts'
import { decided } from './render-decision.ts'
import { personLine, quotaLine } from './render-event.ts'

/** What happened within some time, one sentence each. */
export interface ExplainedRange {
  readonly since: string
  /** null: until now. */
  readonly until: string | null
  readonly policy: string | null
  /** Oldest first. */
  readonly items: readonly RangeItem[]
  /** Older ones within the time were left out. */
  readonly cut: boolean
}

/** One thing that happened, as one sentence. */
export interface RangeItem {
  readonly at: string
  readonly kind: 'decision' | 'action' | 'person'
  /** What `explain` calls it: `decision:812`, an action's id, an event's number. */
  readonly explain: string
  readonly label: string
  /** null: what a person did is of none. */
  readonly policy: string | null
  readonly text: string
}

/** ms since the epoch; null: until now, or any policy. */
export interface RangeOptions {
  readonly since: number
  readonly until: number | null
  readonly policy: string | null
}

/** Two screens of a big day, and an answer that fits in memory whatever the time. */
const SOME = 500
const PAGE = 100

const did = [
  'approve',
  'reject',
  'stop',
  'resume',
  'undo',
  'again',
  'unpark',
  'accept',
  'restart',
  'reload'
] as const satisfies readonly PersonData['did'][]

/** What people ask of quotas has a shape of its own. */
const asked = ['quota-request', 'quota-release'] as const

/** Reads decisions, actions, and what people did between two times; the newest ones where there are too many. */
export async function explainRange(unbounded: Reading, options: RangeOptions): Promise<ExplainedRange> {
  const journal = bounded(unbounded)
  const { since, until, policy } = options
  const ofPolicy = policy === null ? {} : { type: `${policy}*` }
  const meant = (row: { readonly policy: string }) => policy === null || meansPolicy(policy, row.policy)
  const within = { since, ...(until === null ? {} : { until }) }
  const sources = [
    newest(
      (page) => journal.decisions({ ...page, ...within, ...ofPolicy }),
      ({ id }) => id,
      (row) => (meant(row) ? decisionItem(row) : null)
    ),
    newest(
      (page) => journal.actions({ ...page, ...within, ...(policy === null ? {} : { policy: `${policy}*` }) }),
      ({ seq }) => seq,
      (row) => (meant(row) ? actionItem(row) : null)
    ),
    ...[...did, ...asked].map((verb) =>
      newest(
        (page) => journal.events({ ...page, ...within, type: `stackreflex.${verb}` }),
        ({ seq }) => seq,
        personItem
      )
    )
  ]
  const items = await newestOf(sources, SOME + 1)
  const all = items.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  return {
    since: iso(since),
    until: until === null ? null : iso(until),
    policy,
    items: all.slice(-SOME),
    cut: all.length > SOME
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** What one list has, newest first, page by page. */
async function* newest<Row>(
  read: (page: Page) => Promise<readonly Row[]>,
  place: (row: Row) => number,
  item: (row: Row) => RangeItem | null
): AsyncGenerator<RangeItem> {
  for (let before: number | undefined; ; ) {
    const rows = await read({ limit: PAGE, ...(before === undefined ? {} : { before }) })
    for (const row of rows) {
      const one = item(row)
      if (one !== null) yield one
    }
    if (rows.length < PAGE) return
    before = place(rows.at(-1)!)
  }
}

/** The newest of several lists: of each no more is read than is needed. */
async function newestOf(lists: readonly AsyncGenerator<RangeItem>[], count: number): Promise<RangeItem[]> {
  const heads = await Promise.all(lists.map(async (list) => ({ list, next: await list.next() })))
  const items: RangeItem[] = []
  while (items.length < count) {
    const newest = heads
      .filter(({ next }) => next.done !== true)
      .reduce<(typeof heads)[number] | null>(
        (best, one) => (best === null || one.next.value.at > best.next.value.at ? one : best),
        null
      )
    if (newest === null) break
    items.push(newest.next.value)
    newest.next = await newest.list.next()
  }
  return items
}

function decisionItem(row: DecisionRow): RangeItem {
  const { id, lane, policy, reason } = row
  const verdict = row.verdict ?? { verdict: 'proceed' }
  const guard =
    verdict.verdict === 'proceed' || !('rule' in verdict) ? '' : ` (guard: ${verdict.verdict}, ${verdict.reason})`
  const text = `${decided(row)} ${lane}: ${reason}${guard}`
  return { at: iso(row.at), kind: 'decision', explain: `decision:${id}`, label: `decision ${id}`, policy, text }
}

function actionItem({
  policy,
  id,
  decision,
  ordinal,
  type,
  target,
  state,
  reason,
  attempts,
  createdAt
}: ActionRow): RangeItem {
  const last = attempts.at(-1)
  const said = reason ?? last?.note ?? null
  const tries = attempts.length > 1 ? `, attempt ${attempts.length}` : ''
  const text = `${type} on ${target}: ${STATES[state]}${tries}${said === null ? '' : `: ${said}`}`
  const at = iso(attempts[0]?.startedAt ?? createdAt)
  return { at, kind: 'action', explain: id, label: `step ${decision}.${ordinal + 1}`, policy, text }
}

function personItem({ seq, receivedAt, data }: EventRow): RangeItem | null {
  const person = eventDataOf(data)
  if (person?.kind !== 'person' && person?.kind !== 'quota-request') return null
  return {
    at: iso(receivedAt),
    kind: 'person',
    explain: String(seq),
    label: `person ${seq}`,
    policy: null,
    text: person.kind === 'person' ? personLine(person) : quotaLine(person)
  }
}
