type Read<T> = { readonly ok: true; readonly value: T }

/** Types the parameters of a query. Its contract (contract/) has checked that there are no others, and that each is text, once, and not too long. */
export const readText = <Name extends string>(query: object, _names: readonly Name[]) =>
  ({ ok: true, value: query as Partial<Record<Name, string>> }) satisfies Read<unknown>

/** Types the fields of a body that its contract (contract/) has checked; what was left out is null. */
export function readBody<Name extends string>(
  body: unknown,
  names: readonly Name[]
): Read<Record<Name, string | null>> {
  const given = body as Readonly<Partial<Record<Name, string>>>
  return { ok: true, value: Object.fromEntries(names.map((name) => [name, given[name] ?? null])) as never }
}

/** Restores the "+" of a time's offset, which arrives as a space where the URL did not percent-encode it. */
export const plusRestored = (time: string): string => time.replace(/ (?=\d\d:\d\d$)/, '+')
