import { recurrenceRules } from '../core/late-libraries.ts'
import { instantOf } from '../core/local-time.ts'

/** Whether Intl knows the time zone by this name. */
export function isTimeZone(name: string): boolean {
  // What is there by default is not worth loading the tables of all time zones at every start.
  if (name === 'UTC') return true
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name })
    return !/^[+-]/.test(name)
  } catch {
    return false
  }
}

/** `2026-01-06T22:00` as if it were UTC, in ms; null where no calendar has it. */
export function wallTime(text: string): number | null {
  const wall = Date.parse(`${text}Z`)
  return Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 16) !== text ? null : wall
}

/** Elapsed time between two local times: a change of clocks between them counts. */
export function elapsed(timeZone: string, from: number, until: number): number {
  return instantOf(timeZone, until) - instantOf(timeZone, from)
}

const number = (least: number, most: number, signed: boolean) => (text: string) =>
  (signed ? /^[+-]?\d+$/ : /^\d+$/).test(text) && Math.abs(Number(text)) >= least && Math.abs(Number(text)) <= most

// The library passes over what it does not know, and a rule would mean more than it says.
const parts: Readonly<Record<string, (value: string) => boolean>> = {
  FREQ: (value) => ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'].includes(value),
  INTERVAL: number(1, 1000, false),
  COUNT: number(1, 100_000, false),
  UNTIL: (value) => /^\d{8}(T\d{6}Z)?$/.test(value),
  BYDAY: (value) => /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)$/.test(value),
  BYMONTH: number(1, 12, false),
  BYMONTHDAY: number(1, 31, true),
  BYYEARDAY: number(1, 366, true),
  BYWEEKNO: number(1, 53, true),
  BYHOUR: number(0, 23, false),
  BYMINUTE: number(0, 59, false),
  BYSETPOS: number(1, 366, true),
  WKST: (value) => /^(MO|TU|WE|TH|FR|SA|SU)$/.test(value)
}

/** Why it is no recurrence rule that a window can have; null when it is one. */
export function recurrenceMistake(rule: string, from: string): string | null {
  const seen = new Set<string>()
  for (const part of rule.split(';')) {
    const [, key = part, value = ''] = /^([A-Z]+)=(.*)$/s.exec(part) ?? []
    const known = Object.hasOwn(parts, key) ? parts[key]! : null
    if (known === null) return `has no part '${key}': the parts are ${Object.keys(parts).join(', ')}`
    if (seen.has(key)) return `has ${key} twice`
    seen.add(key)
    if (!(key.startsWith('BY') ? value.split(',') : [value]).every(known))
      return key === 'FREQ' ? `repeats DAILY, WEEKLY, MONTHLY or YEARLY, not ${value}` : `has no ${key} '${value}'`
  }
  try {
    const dtstart = `${from.replace(/[-:]/g, '')}00`
    // A last day is turned into its last instant, which the library compares strictly.
    const whole = rule.replace(/UNTIL=(\d{8})(?=;|$)/, 'UNTIL=$1T235959Z')
    const { RRuleTemporal } = recurrenceRules()
    const parsed = new RRuleTemporal({ strict: true, rruleString: `DTSTART:${dtstart}Z\nRRULE:${whole}` })
    return parsed.next(new Date(wallTime(from)!), true) === null ? 'never happens' : null
  } catch (error) {
    const { message } = error as Error
    return message.startsWith('Maximum') ? 'never happens' : `is refused: ${message}`
  }
}
