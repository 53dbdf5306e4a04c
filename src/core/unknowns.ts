import type { ASTNode } from '@marcbachmann/cel-js'
import { isNode } from './condition-cost.ts'
import type { Json } from './query.ts'

/**
 * Names the form of a variable that keeps its nulls in a condition. A null says that something is not known, or not so; whatever is
 * compared with it does not hold, neither `==` nor `!=` nor `!(…)`: `event.branch != "main"` is no yes where there is no branch. So what a
 * condition reads has no nulls in it, and reading one fails, as for a name that is not there. Who means null says so: in `event.branch ==
 * null`, and there alone, the name stands for all that was said, nulls as well.
 */
export const withNulls = (variable: string): string => `${variable}_with_nulls`

/** Rewrites a condition so that the variables which it compares with null are those that have nulls. */
export function askingForNull(text: string, ast: ASTNode, variables: readonly string[]): string {
  const found: { readonly start: number; readonly end: number; readonly name: string }[] = []
  collect(ast, variables, found)
  return found
    .toSorted((a, b) => b.start - a.start)
    .reduce((now, { start, end, name }) => `${now.slice(0, start)}${withNulls(name)}${now.slice(end)}`, text)
}

function collect(part: unknown, variables: readonly string[], found: { start: number; end: number; name: string }[]) {
  if (Array.isArray(part)) for (const one of part) collect(one, variables, found)
  if (!isNode(part)) return
  if (part.op === '==' || part.op === '!=') {
    const [left, right] = part.args
    const root = isNull(right) ? rootOf(left) : isNull(left) ? rootOf(right) : null
    if (root !== null && root.op === 'id' && variables.includes(root.args))
      found.push({ start: root.start, end: root.end, name: root.args })
  }
  collect(part.args, variables, found)
}

const isNull = ({ op, args }: ASTNode): boolean => op === 'value' && args === null

/** `event` of `event.branch`, `event["branch"]` and `event.a.b`; null where it is no such path. */
function rootOf(node: ASTNode): ASTNode | null {
  if (node.op === 'id') return node
  return node.op === '.' || node.op === '[]' ? rootOf(node.args[0]) : null
}

/** Removes what is null, however deep. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value as { readonly [key: string]: Json })
      .filter(([, one]) => one !== null && one !== undefined)
      .map(([key, one]) => [key, withoutNulls(one)])
  )
}
