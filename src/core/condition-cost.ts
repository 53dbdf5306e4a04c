import type { ASTNode } from '@marcbachmann/cel-js'
import { patternMistake } from './linear-match.ts'

/**
 * A condition has no deadline by the clock: asked again on what was recorded it has to answer the same. What it may cost is
 * bounded by the size of what it is, and of what it looks at.
 */
export const mostCost = {
  /** Characters of a condition. */
  condition: 4000,
  /** Comprehensions (`all`, `exists`, `map`, `filter` …) within each other. */
  nested: 2,
  /** Entries of one list or map that it looks at, or makes by `split`. */
  entries: 500,
  /** Characters of all texts that it looks at together. */
  characters: 65_536,
  /** Characters that patterns are matched with, in one asking. */
  matched: 200_000
} as const

const comprehensions: readonly unknown[] = ['all', 'exists', 'exists_one', 'map', 'filter']

/** Tells whether a part of a CEL syntax tree is a node. */
export const isNode = (part: unknown): part is ASTNode => typeof part === 'object' && part !== null && 'op' in part

/** Says why a condition could cost more than anybody means it to, or has a pattern that is none; null: it may be asked. */
export function costMistake(part: unknown, depth = 0): string | null {
  if (Array.isArray(part)) return part.reduce((found, one) => found ?? costMistake(one, depth), null)
  if (!isNode(part)) return null
  if (part.op !== 'rcall') return costMistake(part.args, depth)
  // What `rcall` has; the library says it of each operator, and `isNode` of none.
  const [name, receiver, words] = part.args as unknown as [string, unknown, readonly ASTNode[]]
  if (name === 'matches') {
    const [pattern] = words
    if (pattern?.op !== 'value' || typeof pattern.args !== 'string')
      return 'the pattern of matches() has to be written out, as in matches("^release/")'
    const mistake = patternMistake(pattern.args)
    if (mistake !== null) return `matches(${JSON.stringify(pattern.args)}): ${mistake}`
  }
  const inner = comprehensions.includes(name) ? depth + 1 : depth
  if (inner > mostCost.nested)
    return `${name}() is within ${mostCost.nested} others: at most ${mostCost.nested} go within each other`
  return costMistake(receiver, depth) ?? costMistake(words, inner)
}

/** Says why values are too large to be asked about; null: they are not. */
export function sizeMistake(values: unknown): string | null {
  let characters = 0
  const tooMany = (value: unknown): string | null => {
    if (typeof value === 'string') {
      characters += value.length
      return characters > mostCost.characters ? `texts of more than ${mostCost.characters} characters together` : null
    }
    if (typeof value !== 'object' || value === null) return null
    const parts = Object.values(value)
    if (parts.length > mostCost.entries)
      return `${parts.length} entries in one list, where ${mostCost.entries} are the most`
    for (const part of parts) {
      const found = tooMany(part)
      if (found !== null) return found
    }
    return null
  }
  const found = tooMany(values)
  return found === null ? null : `what it looks at is too large: ${found}`
}
