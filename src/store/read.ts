import type { ActionRequest, Inverse } from '../core/action.ts'
import type { Pin, Verdict } from '../core/guard.ts'
import type { Mode } from '../core/policy.ts'
import type { Json } from '../core/query.ts'
import type { Connection } from './connection.ts'
import type {
  ActionRow,
  AppliedRow,
  AttemptRow,
  DecisionRow,
  EventRow,
  JournalCounts,
  LaneAbout,
  LaneRow,
  Page
} from './journal.ts'
import { firstSeqSince } from './prune.ts'
import { type EventRecord, eventRow } from './rows.ts'
import { microsOf } from './time.ts'

type Value = string | number

/** Conditions joined by `and`, with the values for their `?`. */
class Where {
  readonly texts: string[] = ['1']
  readonly values: Value[] = []

  and(text: string, ...values: Value[]): void {
    this.texts.push(text)
    this.values.push(...values)
  }

  /** A condition only where there is a value. */
  maybe(text: string, value: Value | undefined): void {
    if (value !== undefined) this.and(text, ...Array<Value>(text.split('?').length - 1).fill(value))
  }

  /** `compute.*` is every type that begins so. */
  type(column: string, type: string | undefined): void {
    if (type === undefined) return
    if (!type.endsWith('*')) this.and(`${column} = ?`, type)
    else this.and(`substr(${column}, 1, ?) = ?`, type.length - 1, type.slice(0, -1))
  }

  toString(): string {
    return this.texts.join(' and ')
  }
}

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
  const row = db.sql<EventRecord>('select * from event where at = ? and id = ?').get(microsOf(time), id)
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
  return {
    id: row.id,
    policy: row.policy,
    lane: row.key,
    at: row.at,
    mode: row.mode,
    outcome: row.outcome,
    reason: row.reason,
    findings: JSON.parse(row.findings) as string[],
    generation: row.generation,
    events,
    resources: JSON.parse(row.resources) as string[],
    plan: JSON.parse(row.plan) as ActionRequest[],
    hints: JSON.parse(row.hints) as DecisionRow['hints'],
    answers: JSON.parse(row.answers) as DecisionRow['answers'],
    settings: row.settings,
    build: row.build,
    given: JSON.parse(row.given) as string[],
    verdict: row.verdict === null ? null : (JSON.parse(row.verdict) as Verdict),
    hash: row.hash,
    approval: row.approval,
    requesters: JSON.parse(row.requesters) as string[]
  }
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
  return {
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
    input: JSON.parse(row.input) as Json,
    state: row.state,
    reason: row.reason,
    requestId: row.request_id,
    createdAt: row.created,
    finishedAt: row.finished,
    holder: row.holderPolicy === null ? null : { policy: row.holderPolicy, lane: row.holderKey! },
    inverse: row.inverse === null ? null : (JSON.parse(row.inverse) as Inverse),
    attempts
  }
}

const LANES = 1000

/** At most 1,000, those that have something to do first. */
export function readLanes(
  db: Connection,
  filter: { key?: string; resource?: string; parked?: boolean; held?: boolean }
): readonly LaneRow[] {
  const where = new Where()
  where.maybe('key = ?', filter.key)
  where.maybe('id in (select lane from concern where resource = ?)', filter.resource)
  if (filter.parked !== undefined) where.and(filter.parked ? 'parked is not null' : 'parked is null')
  if (filter.held !== undefined) where.and(filter.held ? 'held is not null' : 'held is null')
  return db
    .sql<LaneRow>(
      `select policy, key, pending, parked, waiting, held, held_until heldUntil, due dueAt, open openDecision from lane
       where ${where} order by pending = 0, id desc limit ${LANES}`
    )
    .all(...where.values)
    .map((row) => ({ ...row }))
}

type AppliedRecord = Omit<AppliedRow, 'value'> & { value: string }

export function readApplied(
  db: Connection,
  by: { targets: readonly string[] } | { lane: string; policy: string } | { policy: string }
): readonly AppliedRow[] {
  const select = `
    select applied.target, applied.scope, lane.key lane, applied.value
    from applied join lane on lane.id = applied.lane`
  const rows =
    'targets' in by
      ? db
          .sql<AppliedRecord>(`${select} where target in (select value from json_each(?)) order by target`)
          .all(JSON.stringify(by.targets))
      : 'lane' in by
        ? db.sql<AppliedRecord>(`${select} where policy = ? and key = ? order by target`).all(by.policy, by.lane)
        : db.sql<AppliedRecord>(`${select} where policy = ? order by target`).all(by.policy)
  return rows.map((row) => ({ ...row, value: JSON.parse(row.value) as Json }))
}

export function readLanesAbout(db: Connection, policy: string, resource: string): readonly LaneAbout[] {
  return db
    .sql<{ key: string; busy: number }>(
      `select key, pending > 0 or lease > ? or open is not null or held is not null busy
       from concern join lane on lane.id = concern.lane
       where resource = ? and policy = ? order by key`
    )
    .all(db.now(), resource, policy)
    .map(({ key, busy }) => ({ key, busy: busy === 1, applied: readApplied(db, { policy, lane: key }) }))
}

/**
 * Due some time, acting, held by the guard, or parked with events: one small index for each (`+` keeps SQLite from reading all lanes of the
 * policy instead). A lane whose lease is held has events pending.
 */
export function readBusyLanes(db: Connection, policy: string): ReadonlySet<string> {
  const rows = db
    .sql<{ key: string }>(
      `select key from lane where pending > 0 and parked is null and open is null and +policy = :policy
       union all
       select key from lane where open is not null and +policy = :policy
       union all
       select key from lane where parked is not null and pending > 0 and open is null and +policy = :policy
       union all
       select key from lane where held is not null and +policy = :policy`
    )
    .all({ policy })
  return new Set(rows.map(({ key }) => key))
}

/** Leased lanes come back when the lease is over; steps whose target is taken, when that claim is over. */
export function nextDue(db: Connection): number | null {
  const dues = [
    db.sql<Due>(
      `select due from lane
       where pending > 0 and parked is null and open is null and lease <= due order by due limit 1`
    ),
    db.sql<Due>(
      `select min(max(due, lease)) due from lane
       where owner is not null and pending > 0 and parked is null and open is null`
    ),
    db.sql<Due>(
      `select due from action
       where state in ('ready', 'claimed') and not exists (
         select 1 from action other
         where other.target = action.target and other.state = 'claimed' and other.due > action.due
       )
       order by due limit 1`
    ),
    db.sql<Due>('select min(held_until) due from lane where held is not null')
  ]
    .map((statement) => statement.get()?.due ?? null)
    .filter((due) => due !== null)
  return dues.length === 0 ? null : Math.min(...dues)
}

export function readPins(db: Connection): readonly Pin[] {
  return db
    .sql<Pin>('select target, until, reason from pin where until > ? order by until')
    .all(db.now())
    .map((row) => ({ ...row }))
}

interface Due {
  readonly due: number | null
}

export function readCounts(db: Connection): JournalCounts {
  return { ...db.sql<JournalCounts>(counts).get()! }
}

const counts = `
  select
    (select coalesce(max(seq), 0) from event) events,
    (select count(*) from (
      select 1 from lane where pending > 0 and parked is null and open is null limit 10000))
      + (select count(*) from lane where open is not null and pending > 0) lanesPending,
    (select count(*) from lane where parked is not null) lanesParked,
    (select count(*) from lane where held is not null) lanesHeld,
    (select count(*) from approval where state = 'open') approvalsOpen,
    (select count(*) from lane join action on action.decision = lane.open
      where open is not null and state in ('waiting', 'ready', 'claimed')) actionsOpen,
    coalesce((select n from tally where name = 'missed'), 0) missed,
    coalesce((select n from tally where name = 'no_event_exists'), 0) noEventExists,
    (select received from event where source not like '/stackreflex/%' order by seq desc limit 1) lastEventAt`
