import type { Connection } from './connection.ts'

/** More types than any cloud has: then all rows are looked at. */
const MOST = 500

/** Expands a prefix of event types (`compute.*`) by the index on types; null where there are too many. */
export function typesOf(db: Connection, table: 'event' | 'action', type: string): readonly string[] | null {
  if (!type.endsWith('*')) return [type]
  const prefix = type.slice(0, -1)
  const types: string[] = []
  const next = (comparison: '>' | '>=', value: string) =>
    db.sql<{ type: string | null }>(`select min(type) type from ${table} where type ${comparison} ?`).get(value)?.type
  for (let one = next('>=', prefix); one?.startsWith(prefix); one = next('>', one)) {
    if (types.push(one) > MOST) return null
  }
  return types
}
