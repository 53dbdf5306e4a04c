import type { ActionRequest, Inverse } from '../core/action.ts'
import type { Verdict } from '../core/guard.ts'
import type { Mode } from '../core/policy.ts'
import type { Json } from '../core/query.ts'
import type { Connection } from './connection.ts'
import type { ActionRow, AttemptRow, DecisionRow, EventRow, Page } from './journal.ts'
import { tryJson } from './json.ts'
import { firstSeqSince } from './prune.ts'
import { type EventRecord, eventRow } from './rows.ts'
import { microsOf, saidOf } from './time.ts'
import { Where } from './where.ts'

export function readEvents(db: Connection, page: Page): readonly EventRow[] {
  const where = new Where()
  where.maybe('seq < ?', page.before)
  where.maybe('subject = ?', page.resource)
  where.maybe('project = ?', page.project)
  where.type('type', page.type)
  if (page.since !== undefined) where.and('seq >= ?', firstSeqSince(db, page.since))
  return db
    .sql<EventRecord>(`select * from event where ${where} order by seq desc limit ?`)
    .all(...where.values, page.limit)
    .map(eventRow)
}

/** By seq, by id, or by the message id that an id begins with; ids are not indexed, so that is a scan. */
export function readEvent(db: Connection, idOrSeq: string): EventRow | null {
  const row = /^\d+$/.test(idOrSeq)
    ? db.sql<EventRecord>('select * from event where seq = ?').get(Number(idOrSeq))
    : db
        .sql<EventRecord>(
          `select * from event where id = :id or (id > :id || '/' and id < :id || '0') order by seq desc limit 1`
        )
        .get({ id: idOrSeq })
  return row === undefined ? null : eventRow(row)
}

export function readEventAt(db: Connection, time: string, id: string): EventRow | null {
  const at = db.sql<EventRecord>('select * from event where at = ? and id = ?').get(microsOf(time), id)
  // Under the time of its receipt, where its own was none to go by.
  const row = at ?? db.sql<EventRecord>('select * from event where id = ? and said = ?').get(id, saidOf(time))
  return row === undefined ? null : eventRow(row)
}

interface DecisionRecordRow {
  readonly id: number
  readonly policy: string
  readonly lane: number
  readonly key: string
  readonly at: number
  readonly mode: Mode | null
  readonly outcome: DecisionRow['outcome']
  readonly reason: string
  readonly findings: string
  readonly generation: number
  readonly after_seq: number
  readonly through_seq: number
  readonly resources: string
  readonly plan: string
  readonly hints: string
  readonly answers: string
  readonly settings: string
  readonly build: string
  readonly given: string
  readonly verdict: string | null
  readonly hash: string | null
  readonly approval: number | null
  readonly requesters: string
}

/** Of a decision d: one of its events meets the condition. */
const someEvent = (condition: string) => `exists (
  select 1 from lane_event join event using (seq)
  where lane_event.lane = d.lane and lane_event.seq > d.after_seq and lane_event.seq <= d.through_seq and ${condition}
)`

export function readDecisions(
  db: Connection,
  page: Page & { lane?: string; event?: number; id?: number }
): readonly DecisionRow[] {
  const where = new Where()
  where.maybe('d.id < ?', page.before)
  where.maybe('d.id = ?', page.id)
  where.maybe('d.at >= ?', page.since)
  where.maybe('lane.key = ?', page.lane)
  where.maybe(
    `d.lane in (select lane from lane_event where seq = ?) and d.after_seq < ? and d.through_seq >= ?`,
    page.event
  )
  about(where, page)
  where.type('lane.policy', page.type)
  return db
    .sql<DecisionRecordRow>(
      `select d.*, lane.policy, lane.key from decision d join lane on lane.id = d.lane
       where ${where} order by d.id desc limit ?`
    )
    .all(...where.values, page.limit)
    .map((row) => decisionRow(db, row))
}

/** By what the lane is about, or by what the events of the decision d were about. */
function about(where: Where, page: Page): void {
  where.maybe(
    `d.lane in (select lane from concern where resource = ? union
                select lane from lane_event join event using (seq) where subject = ?)`,
    page.resource
  )
  where.maybe(someEvent('event.project = ?'), page.project)
}

function decisionRow(db: Connection, row: DecisionRecordRow): DecisionRow {
  const events = db
    .sql<{ seq: number }>('select seq from lane_event where lane = ? and seq > ? and seq <= ? order by seq')
    .all(row.lane, row.after_seq, row.through_seq)
    .map(({ seq }) => seq)
  const read = reading(`decision ${row.id}`)
  const shown = {
    id: row.id,
    policy: row.policy,
    lane: row.key,
    at: row.at,
    mode: row.mode,
    outcome: row.outcome,
    findings: read<string[]>(row.findings, []),
    generation: row.generation,
    events,
    resources: read<string[]>(row.resources, []),
    plan: read<ActionRequest[]>(row.plan, []),
    hints: read<DecisionRow['hints']>(row.hints, []),
    answers: read<DecisionRow['answers']>(row.answers, {}),
    settings: row.settings,
    build: row.build,
    given: read<string[]>(row.given, []),
    verdict: row.verdict === null ? null : read<Verdict | null>(row.verdict, null),
    hash: row.hash,
    approval: row.approval,
    requesters: read<string[]>(row.requesters, [])
  }
  return { ...shown, reason: read.why() ?? row.reason }
}

interface ActionRecord
  extends Omit<
    ActionRow,
    'lane' | 'input' | 'requestId' | 'createdAt' | 'finishedAt' | 'attempts' | 'inverse' | 'holder'
  > {
  readonly holderPolicy: string | null
  readonly holderKey: string | null
  readonly inverse: string | null
  readonly key: string
  readonly input: string
  readonly request_id: string
  readonly created: number
  readonly finished: number | null
}

export function readActions(
  db: Connection,
  page: Page & { decision?: number; id?: string; lane?: string }
): readonly ActionRow[] {
  const where = new Where()
  where.maybe('a.seq < ?', page.before)
  where.maybe('a.id = ?', page.id)
  where.maybe('a.decision = ?', page.decision)
  where.maybe('a.created >= ?', page.since)
  where.maybe('lane.key = ?', page.lane)
  about(where, page)
  where.type('a.type', page.type)
  return db
    .sql<ActionRecord>(
      `select a.*, lane.policy, lane.key, holder.policy holderPolicy, holder.key holderKey
       from action a join decision d on d.id = a.decision join lane on lane.id = a.lane
         left join lane holder on holder.id = a.holder
       where ${where} order by a.seq desc limit ?`
    )
    .all(...where.values, page.limit)
    .map((row) => actionRow(db, row))
}

function actionRow(db: Connection, row: ActionRecord): ActionRow {
  const attempts = db
    .sql<AttemptRow>(
      'select n, started startedAt, ended endedAt, outcome, note, answered requestId from attempt where action = ? order by n'
    )
    .all(row.seq)
    .map((attempt) => ({ ...attempt }))
  const read = reading(`action ${row.id}`)
  const shown = {
    id: row.id,
    seq: row.seq,
    decision: row.decision,
    ordinal: row.ordinal,
    policy: row.policy,
    lane: row.key,
    type: row.type,
    risk: row.risk,
    cluster: row.cluster,
    target: row.target,
    scope: row.scope,
    input: read<Json>(row.input, null),
    state: row.state,
    requestId: row.request_id,
    createdAt: row.created,
    finishedAt: row.finished,
    holder: row.holderPolicy === null ? null : { policy: row.holderPolicy, lane: row.holderKey! },
    inverse: row.inverse === null ? null : read<Inverse | null>(row.inverse, null),
    attempts
  }
  return { ...shown, reason: read.why() ?? row.reason }
}

/** Reads the columns of one row that is only shown: one that cannot be read is left out, and `why` says so. */
function reading(of: string) {
  let why: string | null = null
  const read = <T>(text: string, otherwise: T): T => {
    const { value, unreadable } = tryJson<T>(text, of)
    why ??= unreadable
    return unreadable === null ? (value as T) : otherwise
  }
  return Object.assign(read, { why: () => why })
}
