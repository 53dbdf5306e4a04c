import type { PersonData, QuotaRequestData } from '../events/event.ts'
import type { ActionRow, DecisionRow, EventRow, Journal, Page } from '../store/journal.ts'
import { STATES } from './render-action.ts'
import { decided } from './render-decision.ts'
import { personLine, quotaLine } from './render-event.ts'

/** What happened within some time, one sentence each. */
export interface Range {
  readonly since: string
  /** null: until now. */
  readonly until: string | null
  readonly policy: string | null
  /** Oldest first. */
  readonly items: readonly RangeItem[]
  /** Older ones within the time were left out. */
  readonly cut: boolean
}

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
const PAGE = 200

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

/** Decisions, actions, and what people did between two times; the newest ones where there are too many. */
export async function explainRange(journal: Journal, options: RangeOptions): Promise<Range> {
  const { since, until, policy } = options
  const ofPolicy = policy === null ? {} : { type: policy }
  const found = await Promise.all([
    newest(
      options,
      (page) => journal.decisions({ ...page, ...ofPolicy }),
      ({ id }) => id,
      ({ at }) => at,
      decisionItem
    ),
    newest(
      options,
      (page) => journal.actions(page),
      ({ seq }) => seq,
      ({ createdAt }) => createdAt,
      (row) => (policy === null || row.policy === policy ? actionItem(row) : null)
    ),
    ...[...did, ...asked].map((verb) =>
      newest(
        options,
        (page) => journal.events({ ...page, type: `stackreflex.${verb}` }),
        ({ seq }) => seq,
        ({ receivedAt }) => receivedAt,
        personItem
      )
    )
  ])
  const all = found.flat().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  return {
    since: iso(since),
    until: until === null ? null : iso(until),
    policy,
    items: all.slice(-SOME),
    cut: all.length > SOME
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** One more than are shown, so that it is known whether there are more; the journal gives them newest first. */
async function newest<Row>(
  { since, until }: RangeOptions,
  read: (page: Page) => Promise<readonly Row[]>,
  place: (row: Row) => number,
  at: (row: Row) => number,
  item: (row: Row) => RangeItem | null
): Promise<readonly RangeItem[]> {
  const items: RangeItem[] = []
  for (let before: number | undefined; ; ) {
    const rows = await read({ limit: PAGE, since, ...(before === undefined ? {} : { before }) })
    for (const row of rows) {
      const one = until !== null && at(row) > until ? null : item(row)
      if (one !== null) items.push(one)
      if (items.length > SOME) return items
    }
    if (rows.length < PAGE) return items
    before = place(rows.at(-1)!)
  }
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
  const person = data as unknown as PersonData | QuotaRequestData | null
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
