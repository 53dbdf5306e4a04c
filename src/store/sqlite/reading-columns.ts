import { tryJson } from './json.ts'

/** Reads the columns of one row that is only shown: one that cannot be read is left out, and `why` says so. */
export function readingColumns(of: string) {
  let why: string | null = null
  const read = <T>(text: string, otherwise: T): T => {
    const { value, unreadable } = tryJson<T>(text, of)
    why ??= unreadable
    return unreadable === null ? (value as T) : otherwise
  }
  return Object.assign(read, { why: () => why })
}
