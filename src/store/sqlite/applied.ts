import type { Json } from '../../core/query.ts'
import { saidProject } from '../../core/said-project.ts'
import type { AppliedRow } from '../policy-rows.ts'
import { addConcern, laneId } from './concerns.ts'
import type { Connection } from './connection.ts'
import { readJson, tryJson } from './json.ts'

/** Writes what the lane holds on a target; null value = nothing any more. */
export function setApplied(db: Connection, lane: number, row: { target: string; scope: string; value: Json }): void {
  if (row.value === null) {
    db.sql('delete from applied where target = ?').run(row.target)
    return
  }
  db.sql(
    `insert into applied (target, lane, scope, part, value) values (?, ?, ?, ?, ?)
     on conflict (target) do update set
       lane = excluded.lane, scope = excluded.scope, part = excluded.part, value = excluded.value`
  ).run(row.target, lane, row.scope, saidProject(row.value), JSON.stringify(row.value))
}

/** Writes what a person adopted, or had forgotten, with what its lane is about from then on. */
export function adopt(db: Connection, policy: string, row: AppliedRow, resources: readonly string[]): void {
  const lane = laneId(db, policy, row.lane)
  const { head } = db.sql<{ head: number }>('select head from lane where id = ?').get(lane)!
  setApplied(db, lane, row)
  for (const resource of resources) addConcern(db, lane, resource, head)
}

type AppliedRecord = Omit<AppliedRow, 'value'> & { value: string }

/** Reads what lanes last applied to their targets. */
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
  return rows.flatMap((row) => {
    const of = `what we set on ${row.target}`
    if (!('policy' in by) || 'lane' in by) return [{ ...row, value: readJson<Json>(row.value, of) }]
    // Who asks for all of a policy (a sweep) must not lose all of it to one row.
    const { value, unreadable } = tryJson<Json>(row.value, of)
    return unreadable === null ? [{ ...row, value }] : []
  })
}
