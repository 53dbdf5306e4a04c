/** Returns µs since the epoch of an RFC 3339 time; 0 where it cannot be read, so that a redelivery has the same one. */
export function microsOf(time: string): number {
  const ms = Date.parse(time)
  if (Number.isNaN(ms)) return 0
  const dot = time.indexOf('.')
  if (dot === -1) return ms * 1000
  // Date.parse stops at the millisecond: the three digits behind it are added by hand.
  let micros = 0
  for (let place = dot + 4; place < dot + 7; place++) {
    const digit = time.charCodeAt(place) - 48
    if (!(digit >= 0 && digit <= 9)) return ms * 1000 + micros * 10 ** (dot + 7 - place)
    micros = micros * 10 + digit
  }
  return ms * 1000 + micros
}

/** Returns the RFC 3339 time of µs since the epoch: three digits of a second where that is exact, else six. */
export function timeOf(micros: number): string {
  const moment = new Date(Math.floor(micros / 1000))
  // Rows of other hands: nothing that we write is out of range.
  if (Number.isNaN(moment.getTime())) return '1970-01-01T00:00:00Z'
  const text = moment.toISOString()
  const rest = micros % 1000
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

/** So far from our own clock a time is believed: what is further away is a mistake, or meant to do harm. */
const YEAR_MS = 366 * 24 * 3_600_000
/** Bounds what a sender said of a time: no spelling of a time is longer. */
export const saidOf = (time: string): string => time.slice(0, 64)

/** When an event happened: µs as its sender says, or its receipt and `said`, what the sender said instead. */
export interface When {
  readonly at: number
  readonly said: string | null
}

/** Bounds a time where it enters: whatever is written down can be read again, and sorts beside what it came with. */
export function whenOf(time: string, nowMs: number): When {
  const at = microsOf(time)
  // 0 stands for no time at all, which is no claim about any.
  if (at === 0 || Math.abs(at / 1000 - nowMs) <= YEAR_MS) return { at, said: null }
  return { at: Math.trunc(nowMs) * 1000, said: saidOf(time) }
}
