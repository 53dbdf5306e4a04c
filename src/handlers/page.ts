import { durationMs } from '../core/duration.ts'

type Read<T> = { readonly ok: true; readonly value: T }

/** The parameters of an address. That there are no others, and each is text, once, and not too long, its contract has seen to (contract/). */
export const readText = <Name extends string>(query: object, _names: readonly Name[]) =>
  ({ ok: true, value: query as Partial<Record<Name, string>> }) satisfies Read<unknown>

/** The fields of a body that its contract (contract/) has been held to; what was left out is null. */
export function readBody<Name extends string>(
  body: unknown,
  names: readonly Name[]
): Read<Record<Name, string | null>> {
  const given = body as Readonly<Partial<Record<Name, string>>>
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
