import type { Connection } from './connection.ts'

/** Tables whose rows are numbered as they come, with the column that says when (ms); it grows with the number and has no index. */
const tables = {
  event: { number: 'seq', time: 'received' },
  decision: { number: 'id', time: 'at' },
  action: { number: 'seq', time: 'created' }
} as const

/** Page after page is asked since the same time. */
const REMEMBERED = 50
const known = new WeakMap<Connection, Map<string, number>>()

/** Returns the number of the first row that came at or after `at`, by halving; one more than the last where none did. */
export function firstSince(db: Connection, table: keyof typeof tables, at: number): number {
  const key = `${table} ${at}`
  const found = known.get(db) ?? new Map<string, number>()
  known.set(db, found)
  const before = found.get(key)
  if (before !== undefined) return before
  const { number, time } = tables[table]
  const next = db.sql<{ n: number; time: number }>(
    `select ${number} n, ${time} time from ${table} where ${number} >= ? order by ${number} limit 1`
  )
  let low = 0
  let high = newest(db, table) + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const row = next.get(middle)
    if (row === undefined || row.time >= at) high = middle
    else low = row.n + 1
  }
  // What is found stays so: rows come behind it. Where nothing is yet, the next one is it.
  if (found.size > REMEMBERED) found.clear()
  if (next.get(low) !== undefined) found.set(key, low)
  return low
}

/** Returns the number of the newest row; 0 where there is none. */
export function newest(db: Connection, table: keyof typeof tables): number {
  const { number } = tables[table]
  return db.sql<{ n: number }>(`select coalesce(max(${number}), 0) n from ${table}`).get()!.n
}
