import type { Connection, Slices } from './connection.ts'
import { type LanesAsked, lanesAsked, lanesWithin } from './lanes-asked.ts'

/** Rows that one slice looks at: some ms of work. */
const SLICE = 1000
/** Of these so many at a time: who wants few has them from the first. */
const CHUNK = 100

/** What is one of so many rows is found among the newest of all; what is rarer, by its lanes. */
const MUCH = 20

/** How a table gives its rows, newest first. */
interface Source<Row> {
  /** The next numbers below, of these lanes (null: of any). */
  numbers(lanes: readonly number[] | null, below: number, limit: number): readonly number[]
  /** Those of the numbers that meet all conditions. */
  rows(numbers: readonly number[], limit: number): readonly Row[]
}

/**
 * Reads the newest rows: of the lanes that are named; else the newest of all, and, where these do not suffice, those of the lanes of the
 * project and the policy. `all`: each number is a row of the answer.
 */
export function* newestFirst<Row>(
  db: Connection,
  asked: LanesAsked & { readonly limit: number },
  { below, all }: { below: number; all: boolean },
  source: Source<Row>
): Slices<readonly Row[]> {
  let lanes = lanesAsked(db, asked)
  const slice = all ? asked.limit : SLICE
  const rows: Row[] = []
  for (let first = true; ; first = false) {
    const numbers = source.numbers(lanes, below, slice)
    for (let n = 0; n < numbers.length && rows.length < asked.limit; n += CHUNK)
      rows.push(...source.rows(numbers.slice(n, n + CHUNK), asked.limit - rows.length))
    if (rows.length >= asked.limit || numbers.length < slice) return rows
    below = numbers.at(-1)!
    yield
    if (first && rows.length < SLICE / MUCH) lanes ??= lanesWithin(db, asked)
  }
}
