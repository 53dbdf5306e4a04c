import { durationMs } from '../core/duration.ts'

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i

/** Parses a duration ago (`1h`) or an RFC 3339 date-time into ms since the epoch; null where the text is neither. */
export function whenMs(text: string, now: number): number | null {
  const ago = durationMs(text)
  if (ago !== null) return now - ago
  const at = RFC_3339.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : at
}
