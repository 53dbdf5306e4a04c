import { dirname, join } from 'node:path'

/** `import`, `export … from` and `import()` of a relative path; types count as well. */
const imports = /(?:^|\n)\s*(?:import|export)\s+(?:type\s)?[^'"]*?from\s+'(\.[^']+)'|import\(\s*'(\.[^']+)'\s*\)/g

/** The room of a file: its folder of `src/`; in `policies/` and `clients/`, which have one for each, the folder there. */
export function roomOf(file: string): string {
  const [, first = '', second = '', ...more] = file.split('/')
  if (second === '') return first
  return (first === 'policies' || first === 'clients') && more.length > 0 ? `${first}/${second}` : first
}

export interface Arrow {
  readonly file: string
  readonly target: string
}

/** Every import of one file of `src/` by another; `texts`: the sources by their paths. */
export function arrowsOf(texts: ReadonlyMap<string, string>): readonly Arrow[] {
  return [...texts].flatMap(([file, text]) =>
    [...text.matchAll(imports)]
      .map(([, from, late]) => ({ file, target: join(dirname(file), (from ?? late)!) }))
      .filter(({ target }) => target.startsWith('src/'))
  )
}

/** The members of each loop of a graph: all that lead to each other, by Tarjan's algorithm. */
export function loopsOf(next: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const loops: string[][] = []
  function visit(node: string): number {
    order.set(node, order.size)
    lowest.set(node, order.get(node)!)
    open.push(node)
    for (const target of next.get(node) ?? []) {
      if (!order.has(target)) lowest.set(node, Math.min(lowest.get(node)!, visit(target)))
      else if (open.includes(target)) lowest.set(node, Math.min(lowest.get(node)!, order.get(target)!))
    }
    if (lowest.get(node) === order.get(node)) {
      const members = open.splice(open.indexOf(node))
      if (members.length > 1) loops.push(members)
    }
    return lowest.get(node)!
  }
  for (const node of next.keys()) if (!order.has(node)) visit(node)
  return loops
}
