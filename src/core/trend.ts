/** The trend of a series: its last change, and its pace. */
export interface Run {
  /** ms, since when it has its present value; null: as long as anybody looked. */
  readonly since: number | null
  /** The value before; null: none is known. */
  readonly before: number | null
}

/** One reading, from when it was first so until it was last so; ms since the epoch. */
export interface Sample {
  readonly at: number
  readonly until: number
  readonly value: number
}

/** Returns since when the last value is there, and what was before it; `readings` in order, none: nothing is known. */
export function lastRun(readings: readonly Sample[]): Run {
  const now = readings.at(-1)?.value
  const before = readings.findLast((one) => one.value !== now)
  if (before === undefined) return { since: null, before: null }
  const start = readings[readings.lastIndexOf(before) + 1]!
  return { since: start.at, before: before.value }
}

const hourMs = 3_600_000

/** Less of a past is no trend. */
const shortestMs = hourMs / 4

/**
 * Estimates what a value grows by in an hour, by least squares over the time that was looked at; null where that is too short. A
 * reading that stayed counts at both of its ends.
 */
export function growthPerHour(readings: readonly Sample[]): number | null {
  const points = readings.flatMap(({ at, until, value }) =>
    until > at
      ? [
          { at, value },
          { at: until, value }
        ]
      : [{ at, value }]
  )
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || last.at - first.at < shortestMs) return null
  const n = points.length
  const x = points.map(({ at }) => (at - first.at) / hourMs)
  const meanX = x.reduce((sum, one) => sum + one, 0) / n
  const meanY = points.reduce((sum, { value }) => sum + value, 0) / n
  const over = points.reduce((sum, { value }, i) => sum + (x[i]! - meanX) * (value - meanY), 0)
  const under = x.reduce((sum, one) => sum + (one - meanX) ** 2, 0)
  return over / under
}
