import type { Inverse } from '../../core/action.ts'
import type { Json } from '../../core/query.ts'
import type { ActionRow, AttemptRow, Page } from '../rows.ts'
import type { Connection, Slices } from './connection.ts'
import { firstSince, newest } from './first-since.ts'
import { whereWithin } from './lanes-asked.ts'
import { newestFirst } from './newest-first.ts'
import { readingColumns } from './reading-columns.ts'
import { typesOf } from './types-of.ts'
import { Where } from './where.ts'

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

/** Reads steps, newest first: by their decision, their lanes or their type; further filters are applied row by row, in slices. */
export function* readActions(
  db: Connection,
  page: Page & { decision?: number; id?: string; lane?: string; policy?: string }
): Slices<readonly ActionRow[]> {
  const types = page.type === undefined ? null : typesOf(db, 'action', page.type)
  if (types?.length === 0) return []
  const to = page.until === undefined ? newest(db, 'action') + 1 : firstSince(db, 'action', page.until + 1)
  const from = page.since === undefined ? 0 : firstSince(db, 'action', page.since)
  const where = new Where()
  whereWithin(where, page)
  where.type('a.type', page.type)
  const rows = yield* newestFirst<ActionRecord>(
    db,
    page,
    { below: Math.min(to, page.before ?? to), all: where.texts.length === 1 },
    {
      numbers: (lanes, below, limit) => numbers(db, page, types, lanes, from, below, limit),
      rows: (seqs, limit) =>
        db
          .sql<ActionRecord>(
            `select a.*, lane.policy, lane.key, holder.policy holderPolicy, holder.key holderKey
             from json_each(?) asked cross join action a on a.seq = asked.value join decision d on d.id = a.decision
               join lane on lane.id = a.lane left join lane holder on holder.id = a.holder
             where ${where} order by a.seq desc limit ?`
          )
          .all(JSON.stringify(seqs), ...where.values, limit)
    }
  )
  const attempts = attemptsOf(db, rows)
  return rows.map((row) =>
    actionRow(
      row,
      (attempts.get(row.seq) ?? []).map(({ action: _, ...attempt }) => attempt)
    )
  )
}

/** By whatever of it there is, each has an index: the step, its decision, its lanes, its one type. */
function numbers(
  db: Connection,
  { id, decision }: { id?: string; decision?: number },
  types: readonly string[] | null,
  lanes: readonly number[] | null,
  from: number,
  below: number,
  limit: number
): readonly number[] {
  const way = new Where()
  way.maybe('id = ?', id)
  way.maybe('decision = ?', decision)
  if (lanes !== null) way.and('lane in (select value from json_each(?))', JSON.stringify(lanes))
  // `+` keeps SQLite from going through all of them in the order asked for.
  const seq = way.texts.length === 1 ? 'seq' : '+seq'
  if (way.texts.length === 1 && types?.length === 1) way.and('type = ?', types[0]!)
  return db
    .sql<{ seq: number }>(
      `select seq from action where ${way} and ${seq} >= ? and ${seq} < ? order by ${seq} desc limit ?`
    )
    .all(...way.values, from, below, limit)
    .map((row) => row.seq)
}

/** The attempts of each, in one statement. */
function attemptsOf(db: Connection, rows: readonly ActionRecord[]) {
  const found = db
    .sql<AttemptRow & { readonly action: number }>(
      `select action, n, started startedAt, ended endedAt, outcome, note, answered requestId
       from json_each(?) asked cross join attempt on action = asked.value`
    )
    .all(JSON.stringify(rows.map(({ seq }) => seq)))
  return Map.groupBy(found, ({ action }) => action)
}

function actionRow(row: ActionRecord, attempts: readonly AttemptRow[]): ActionRow {
  const read = readingColumns(`action ${row.id}`)
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
