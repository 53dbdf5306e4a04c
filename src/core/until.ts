const day = 86_400_000

/** Parses an end (RFC 3339 full-date or date-time) into ms since the epoch: a day's end in UTC, or the instant; NaN: no calendar has it. */
export function endOf(until: string): number {
  const date = until.slice(0, 10)
  const begin = Date.parse(`${date}T00:00:00Z`)
  // 2027-02-31 is otherwise taken for the third of March.
  if (Number.isNaN(begin) || new Date(begin).toISOString().slice(0, 10) !== date) return Number.NaN
  return until.length === 10 ? begin + day : Date.parse(until)
}
