import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Json } from '../../core/query.ts'
import type { Connection } from './connection.ts'
import { tryJson } from './json.ts'

/** Stores a value once, by the sha-256 of its canonical JSON (RFC 8785), for this decision; gives the sha-256. */
export function storeAnswer(db: Connection, decision: number, value: Json): string {
  const body = canonicalize(value) ?? 'null'
  const sha256 = createHash('sha256').update(body).digest('hex')
  db.sql('insert into answer (sha256, body) values (?, ?) on conflict do nothing').run(sha256, body)
  db.sql('insert into decision_answer (decision, sha256) values (?, ?) on conflict do nothing').run(decision, sha256)
  return sha256
}

/** Reads the value of this sha-256; undefined where there is none (any more), or none that can be read. */
export function readAnswer(db: Connection, sha256: string): Json | undefined {
  const row = db.sql<{ body: string }>('select body from answer where sha256 = ?').get(sha256)
  if (row === undefined) return undefined
  const { value, unreadable } = tryJson<Json>(row.body, `answer ${sha256}`)
  return unreadable === null ? value : undefined
}
