import fc from 'fast-check'

/** Values that readers of JSON trip over: wrong types, edges of numbers and times, and names that mean something to JavaScript. */
export const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    '',
    ' ',
    '__proto__',
    'constructor',
    'toString',
    '\ud800',
    '\u0000',
    '\u202e',
    '\u001b[2J',
    'x'.repeat(70_000),
    '2300-01-01T00:00:00Z',
    '2286-11-20 17:46:40',
    '-000001-01-01T00:00:00Z',
    '0001-01-01 00:00:00 UTC',
    '+275760-09-13T00:00:00Z',
    'null',
    'true',
    '*',
    '0.0.0.0/0',
    '::/0',
    -1,
    0,
    1e308,
    Number.MAX_SAFE_INTEGER + 1,
    9.3e18,
    [],
    {},
    [null],
    [[[[]]]],
    null,
    false
  ),
  fc.string({ unit: 'binary', maxLength: 40 })
)

/** Which place of a tree gets another value, by number. */
export type Spoil = readonly [place: number, value: unknown]

export const spoils = (most = 3): fc.Arbitrary<Spoil[]> => fc.array(fc.tuple(fc.nat(), odd), { maxLength: most })

/** The tree with these places changed; a place that was changed may be changed again, inside. */
export function spoilt<Tree>(tree: Tree, changes: readonly Spoil[]): Tree {
  const root = { root: structuredClone(tree) as unknown }
  for (const [pick, value] of changes) {
    const places: [Record<string, unknown>, string][] = []
    const walk = (node: unknown) => {
      if (typeof node !== 'object' || node === null) return
      for (const key of Object.keys(node)) {
        places.push([node as Record<string, unknown>, key])
        walk((node as Record<string, unknown>)[key])
      }
    }
    walk(root)
    const [node, key] = places[pick % places.length]!
    node[key] = structuredClone(value)
  }
  return root.root as Tree
}

/** A text with characters changed and its end cut off. */
export const scratches = fc.record({
  edits: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 255 })), { maxLength: 6 }),
  keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }))
})

export function scratched(text: string, { edits, keep }: { edits: [number, number][]; keep: number }): string {
  const units = [...text.slice(0, Math.ceil(keep * text.length))]
  for (const [at, code] of edits) units[Math.floor(at * Math.max(0, units.length - 1))] = String.fromCharCode(code)
  return units.join('')
}
