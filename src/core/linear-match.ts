import type { RE2JS } from 're2js'
import { re2 } from './late-libraries.ts'

const compiled = new Map<string, RE2JS>()

/** Says why a text is no pattern that is matched in linear time (RE2's), in a line; null: it is one. */
export function patternMistake(pattern: string): string | null {
  try {
    compile(pattern)
    return null
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}: patterns are RE2's (no lookaround, no back-references)`
  }
}

/** Tells whether a pattern that `patternMistake` found right is found in the text, in a time that grows with the text and no faster. */
export const linearMatch = (pattern: string, text: string): boolean => compile(pattern).matcher(text).find()

/** Of configured patterns there are few. */
function compile(pattern: string): RE2JS {
  const before = compiled.get(pattern)
  if (before !== undefined) return before
  const made = re2().RE2JS.compile(pattern)
  if (compiled.size >= 1000) compiled.clear()
  compiled.set(pattern, made)
  return made
}
