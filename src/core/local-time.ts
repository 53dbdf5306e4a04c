const DAY = 86_400_000

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Returns what the clocks of a time zone show at an instant, as if it were UTC; to the second. */
export function wallClock(timeZone: string, instant: number): number {
  let clock = clocks.get(timeZone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric'
    })
    clocks.set(timeZone, clock)
  }
  const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const { type, value } of clock.formatToParts(instant)) shown[type] = Number(value)
  return Date.UTC(shown.year!, shown.month! - 1, shown.day, shown.hour, shown.minute, shown.second)
}

/**
 * Returns the instant of a local time, as RFC 5545 (3.3.5) reads it: a time that the clocks show twice is the first of both, one that
 * they skip is read with the offset from before the gap (02:30 → 03:30).
 */
export function instantOf(timeZone: string, wall: number): number {
  const offset = (instant: number) => wallClock(timeZone, instant) - Math.floor(instant / 1000) * 1000
  const before = wall - offset(wall - DAY)
  if (wallClock(timeZone, before) === wall) return before
  const after = wall - offset(wall + DAY)
  return wallClock(timeZone, after) === wall ? after : before
}
