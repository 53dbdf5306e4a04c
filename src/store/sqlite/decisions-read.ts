import type { ActionRequest } from '../../core/action.ts'
import type { Verdict } from '../../core/guard.ts'
import type { Mode } from '../../core/policy.ts'
import type { DecisionRow, Page } from '../rows.ts'
import type { Connection, Slices } from './connection.ts'
import { firstSince, newest } from './first-since.ts'
import { whereWithin } from './lanes-asked.ts'
import { newestFirst } from './newest-first.ts'
import { readingColumns } from './reading-columns.ts'
import { Where } from './where.ts'

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

/** Reads decisions, newest first: by number or by lanes; further filters are applied row by row, in slices. */
export function* readDecisions(
  db: Connection,
  page: Page & { lane?: string; event?: number; id?: number }
): Slices<readonly DecisionRow[]> {
  const to = page.until === undefined ? newest(db, 'decision') + 1 : firstSince(db, 'decision', page.until + 1)
  const below = Math.min(to, page.before ?? to, page.id === undefined ? to : page.id + 1)
  const from = page.id ?? (page.since === undefined ? 0 : firstSince(db, 'decision', page.since))
  const asked = { ...page, policy: page.type }
  const where = new Where()
  where.maybe('d.after_seq < ? and d.through_seq >= ?', page.event)
  whereWithin(where, asked)
  const rows = yield* newestFirst<DecisionRecordRow>(
    db,
    asked,
    { below, all: where.texts.length === 1 },
    {
      numbers: (lanes, below, limit) => numbers(db, lanes, from, below, limit),
      rows: (ids, limit) =>
        db
          .sql<DecisionRecordRow>(
            `select d.*, lane.policy, lane.key
             from json_each(?) asked cross join decision d on d.id = asked.value join lane on lane.id = d.lane
             where ${where} order by d.id desc limit ?`
          )
          .all(JSON.stringify(ids), ...where.values, limit)
    }
  )
  const events = eventsOf(db, rows)
  return rows.map((row) => decisionRow(row, events.get(row.id)?.map(({ seq }) => seq) ?? []))
}

function numbers(
  db: Connection,
  lanes: readonly number[] | null,
  from: number,
  below: number,
  limit: number
): readonly number[] {
  const [source, condition, values] =
    lanes === null
      ? ['decision', '', []]
      : ['decision indexed by decision_lane', 'lane in (select value from json_each(?)) and', [JSON.stringify(lanes)]]
  return db
    .sql<{ id: number }>(`select id from ${source} where ${condition} id >= ? and id < ? order by id desc limit ?`)
    .all(...values, from, below, limit)
    .map(({ id }) => id)
}

/** The events of each, in one statement. */
function eventsOf(db: Connection, rows: readonly DecisionRecordRow[]) {
  const found = db
    .sql<{ id: number; seq: number }>(
      `select d.id, lane_event.seq
       from json_each(?) asked cross join decision d on d.id = asked.value
         cross join lane_event
           on lane_event.lane = d.lane and lane_event.seq > d.after_seq and lane_event.seq <= d.through_seq`
    )
    .all(JSON.stringify(rows.map(({ id }) => id)))
  return Map.groupBy(found, ({ id }) => id)
}

function decisionRow(row: DecisionRecordRow, events: readonly number[]): DecisionRow {
  const read = readingColumns(`decision ${row.id}`)
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
