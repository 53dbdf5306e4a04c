const daysIn = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * oslo's `2026-11-23 06:46:34.242037` (Python's `str()` of a naive UTC time, without the fraction where it is zero) as
 * `2026-11-23T06:46:34.242037Z`. Other spellings of ISO 8601 are read too; null for anything that is no time.
 * Always six digits of a fraction, so that times sort as text.
 */
export function utc(value: unknown): string | null {
  if (typeof value !== 'string' || value.length < 19 || value.length > 40) return null
  const between = value.charCodeAt(10)
  if (between !== 32 && between !== 84 && between !== 116) return null
  if (value[4] !== '-' || value[7] !== '-' || value[13] !== ':' || value[16] !== ':') return null
  const year = number(value, 0, 4)
  const month = number(value, 5, 7)
  const day = number(value, 8, 10)
  const hour = number(value, 11, 13)
  const minute = number(value, 14, 16)
  const second = number(value, 17, 19)
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn[month - 1]!) return null
  if (month === 2 && day === 29 && !(year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0))) return null
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return null

  let end = 19
  if (value[19] === '.') {
    end = 20
    while (end < value.length && digit(value, end) >= 0) end++
    if (end === 20) return null
  }
  const fraction = end === 26 ? value.slice(20, 26) : value.slice(20, end).padEnd(6, '0').slice(0, 6)
  const offset = minutesEast(value.slice(end))
  if (offset === null) return null
  if (offset === 0) return `${value.slice(0, 10)}T${value.slice(11, 19)}.${fraction}Z`
  const moment = new Date(`${value.slice(0, 10)}T${value.slice(11, 19)}Z`).getTime() - offset * 60_000
  const shifted = new Date(moment).toISOString()
  return shifted.length === 24 ? `${shifted.slice(0, 19)}.${fraction}Z` : null
}

/** 0 for nothing at all, `Z` and `+00:00`; null for what is no offset. */
function minutesEast(zone: string): number | null {
  if (zone === '' || zone === 'Z' || zone === 'z') return 0
  const sign = zone[0] === '+' ? 1 : zone[0] === '-' ? -1 : 0
  const colon = zone[3] === ':' ? 1 : 0
  if (sign === 0 || zone.length !== 5 + colon) return null
  const hours = number(zone, 1, 3)
  const minutes = number(zone, 3 + colon, 5 + colon)
  return hours < 0 || hours > 23 || minutes < 0 || minutes > 59 ? null : sign * (hours * 60 + minutes)
}

function number(text: string, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) {
    const d = digit(text, i)
    if (d < 0) return -1
    value = value * 10 + d
  }
  return value
}

function digit(text: string, at: number): number {
  const c = text.charCodeAt(at)
  return c >= 48 && c <= 57 ? c - 48 : -1
}
