import { aheadMs } from '../../core/clock.ts'
import type { SampleRow } from '../policy-rows.ts'
import type { Connection } from './connection.ts'
import { tryJson } from './json.ts'

/** Writes samples; a value that stays the same prolongs its row, so that a quiet series costs nothing. */
export function writeSamples(
  db: Connection,
  rows: readonly { readonly series: string; readonly value: readonly number[] }[]
): void {
  const now = db.now()
  const last = db.sql<{ at: number; value: string }>(
    'select at, value from sample where series = ? and at <= ? order by at desc limit 1'
  )
  for (const { series, value } of rows) {
    const text = JSON.stringify(value)
    const known = last.get(series, now + aheadMs)
    if (known?.value === text)
      db.sql(
        `update sample set until = iif(until > :soon, :now, max(until, :now)) where series = :series and at = :at`
      ).run({ now, soon: now + aheadMs, series, at: known.at })
    // Two readings within one millisecond: the later one counts.
    else
      db.sql('insert or replace into sample (series, at, until, value) values (?, ?, ?, ?)').run(series, now, now, text)
  }
}

/** Reads the samples of these series since a time (ms since the epoch), and the one before it, in order of time. */
export function readSamples(db: Connection, series: readonly string[], since: number): readonly SampleRow[] {
  return db
    .sql<{ series: string; at: number; until: number; value: string }>(
      `select series, at, until, sample.value from json_each(:series) wanted
       join sample on series = wanted.value and at <= :soon
         and at >= coalesce((select max(at) from sample old where old.series = wanted.value and old.at <= :since), 0)
       where until >= :since
         or not exists (select 1 from sample later where later.series = sample.series and later.at > sample.at and later.at <= :soon)
       order by series, at`
    )
    .all({ series: JSON.stringify(series), since, soon: db.now() + aheadMs })
    .flatMap((row) => {
      // One reading less: the series goes on.
      const { value } = tryJson<number[]>(row.value, `a sample of ${row.series}`)
      return value === null ? [] : [{ ...row, value }]
    })
}
