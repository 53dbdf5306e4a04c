/** Names that several files define and export, with those files; a name that is only exported on is none. */
export function exportedTwice(texts: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  const defined =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm
  for (const [file, text] of texts) {
    // A schema and the type of it, in one file, have one name on purpose.
    for (const name of new Set([...text.matchAll(defined)].map(([, name]) => name!)))
      found.set(name, [...(found.get(name) ?? []), file])
  }
  return new Map([...found].filter(([, where]) => where.length > 1).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
