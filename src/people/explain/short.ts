import type { Json } from '../../core/query.ts'

const MANY = 5
/** What tells most comes first: a line has room for little. */
const TELLING = [
  'name',
  'status',
  'type',
  'records',
  'addresses',
  'recordsets',
  'rows',
  'server',
  'loadBalancer',
  'ports',
  'zone'
]

/** Shortens an answer to a few words: lists to their length, maps to their most telling fields. */
export function short(value: Json, depth = 0): string {
  if (value === null) return 'nothing'
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) {
    if (value.length === 0) return 'none'
    if (value.length <= MANY && value.every((entry) => typeof entry !== 'object' || entry === null))
      return value.join(', ')
    return value.length === 1 ? '1 entry' : `${value.length} entries`
  }
  if (depth > 1) return 'a record'
  const rank = (key: string) => (TELLING.includes(key) ? TELLING.indexOf(key) : TELLING.length)
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined && entry !== null)
    .sort(([a], [b]) => rank(a) - rank(b))
  if (entries.length === 0) return 'nothing'
  const shown = entries.map(([key, entry]) => {
    const text = short(entry as Json, depth + 1)
    return typeof entry === 'object' && !Array.isArray(entry) ? `${key} (${text})` : `${key} ${text}`
  })
  return shown.join(depth === 0 ? '; ' : ', ')
}

/** Shortens ids, `557b0c6165ce42ea9bf5e3ffa19bb056` → `557b0c61…`: whole ids only hide the rest. */
export const shortIds = (text: string): string =>
  text.replace(/\b([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b([0-9a-f]{8})[0-9a-f]{24}\b/g, '$1$2…')
