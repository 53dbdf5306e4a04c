import type { Normalised } from '../../src/events/event.ts'
import { holds } from './target.ts'

const longestEvent = 60_000
const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/

/** What every answer of a normaliser must be; says what it was. */
export function storable(result: Normalised): string {
  if (!result.ok) {
    holds(result.reason !== '' && !result.reason.startsWith('it could not be read'), `a reader threw: ${result.reason}`)
    holds(result.reason.length < 2000, 'the reason is unbounded')
    return 'malformed'
  }
  const ids = new Set<string>()
  for (const one of [...result.events, ...result.ignored]) {
    holds(!ids.has(one.id), 'the same id twice')
    ids.add(one.id)
    holds(utc.test(one.time) && Number.isFinite(Date.parse(one.time)), `time ${one.time}`)
    holds(one.id !== '' && one.id.length <= 400, 'the id is empty or unbounded')
    holds(one.source.length <= 400 && one.type.length <= 400, 'source or type is unbounded')
    holds((one.subject?.length ?? 0) <= 600, 'the subject is unbounded')
    const text = JSON.stringify(one)
    holds(text.length <= longestEvent, `${text.length} characters in one event`)
    holds(text.isWellFormed() && !/\\u0000/.test(text), 'it cannot be stored')
  }
  return result.events.length > 0 ? 'event' : 'ignored'
}
