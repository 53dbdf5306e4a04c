import { type Failure, failure } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { durationMs } from '../core/duration.ts'
import type { Page } from '../store/rows.ts'

type Query = Readonly<Record<string, unknown>>
type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure }

const MAX_LIMIT = 500
const MAX_TEXT = 300

const shown = (value: unknown): string => JSON.stringify(value).slice(0, 80)
const bad = (name: string, value: unknown, problem: string, allowed: string): Read<never> => ({
  ok: false,
  failure: failure('BAD_PARAMETER', name, shown(value), problem, allowed)
})

/** Text parameters of these names and no others, each at most once. */
export function readText<Name extends string>(
  query: Query,
  names: readonly Name[]
): Read<Partial<Record<Name, string>>> {
  for (const [name, value] of Object.entries(query)) {
    if (!(names as readonly string[]).includes(name)) {
      const meant = nearest(name, names)
      const hint = meant === null ? '' : `, did you mean '${meant}'?`
      return { ok: false, failure: failure('UNKNOWN_PARAMETER', name.slice(0, 40), hint, names.join(', ')) }
    }
    if (typeof value !== 'string') return bad(name, value, 'is there more than once', 'one value')
    if (value === '') return bad(name, value, 'is empty', 'a value, or leave it out')
    if (value.length > MAX_TEXT) return bad(name, value, 'is too long', `at most ${MAX_TEXT} characters`)
  }
  return { ok: true, value: query as Partial<Record<Name, string>> }
}

const MAX_REASON = 500

/** What a changing call may say: a closed object of texts; what is left out is null. */
export function readBody<Name extends string>(
  body: unknown,
  names: readonly Name[]
): Read<Record<Name, string | null>> {
  const wrong = (problem: string): Read<never> => ({ ok: false, failure: failure('BAD_BODY', problem) })
  // Not taken for {}: a script whose variable is empty would stop everything, or approve without its reason.
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return wrong('it is no JSON object: send {} where there is nothing to say')
  const entries = Object.entries(body) as [Name, unknown][]
  for (const [name, value] of entries) {
    if (!names.includes(name)) {
      const meant = nearest(name, names)
      const hint = meant === null ? `; known are ${names.join(', ')}` : `, did you mean '${meant}'?`
      return wrong(`'${name.slice(0, 40)}' is not known${hint}`)
    }
    if (value === null || value === '') return wrong(`'${name}' is ${value === null ? 'null' : 'empty'}: leave it out`)
    if (typeof value !== 'string') return wrong(`'${name}' is not text`)
    if (value.length > MAX_REASON) return wrong(`'${name}' is longer than ${MAX_REASON} characters`)
  }
  const given = Object.fromEntries(entries)
  return { ok: true, value: Object.fromEntries(names.map((name) => [name, given[name] ?? null])) as never }
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/** ms since the epoch of an RFC 3339 time or a duration ago; null where it is neither. */
export function sinceMs(text: string, now: number): number | null {
  const ago = durationMs(text)
  if (ago !== null) return now - ago
  // A "+" in a URL that was not percent-encoded arrives as a space.
  const time = text.replace(/ (?=\d\d:\d\d$)/, '+')
  const at = RFC_3339.test(time) ? Date.parse(time) : Number.NaN
  return Number.isNaN(at) ? null : at
}

/** The filters that events, decisions and actions share. */
export function readPage(query: Query, now: number): Read<Page> {
  const read = readText(query, ['resource', 'project', 'type', 'since', 'limit', 'cursor'])
  if (!read.ok) return read
  const { since, limit = '50', cursor, ...filters } = read.value
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_LIMIT) {
    return bad('limit', limit, 'is out of range', `a whole number from 1 to ${MAX_LIMIT}`)
  }
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
    return bad('cursor', cursor, 'is not a cursor', '`next` of the page before')
  }
  const sinceAt = since === undefined ? undefined : sinceMs(since, now)
  if (sinceAt === null) {
    return bad('since', since, 'is not a time', 'RFC 3339 such as 2026-11-23T12:00:00Z, or a duration such as 15m')
  }
  const page = { limit: Number(limit), ...filters }
  return {
    ok: true,
    value: {
      ...page,
      ...(cursor === undefined ? {} : { before: Number(cursor) }),
      ...(sinceAt === undefined ? {} : { since: sinceAt })
    }
  }
}
