/** µs since the epoch of an RFC 3339 time; 0 where it cannot be read, so that a redelivery has the same one. */
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

/** The RFC 3339 time of µs since the epoch: three digits of a second where that is exact, else six. */
export function timeOf(micros: number): string {
  const text = new Date(Math.floor(micros / 1000)).toISOString()
  const rest = micros % 1000
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}
