import { Environment } from '@marcbachmann/cel-js'
import type { Event } from '../events/event.ts'
import type { Json } from './query.ts'

/** A condition of the configuration, in CEL: over `event`, and true or false. */
export type Condition = (event: Event) => { readonly met: boolean } | { readonly failed: string }

const environment = new Environment().registerVariable('event', 'map')

/** Why a condition cannot be one, in a line; null where it can. */
export function conditionMistake(text: string): string | null {
  try {
    const { valid, type, error } = environment.check(text)
    if (!valid) return firstLine(error)
    return type === 'bool' || type === 'dyn' ? null : `it is of type ${type}: a condition is true or false`
  } catch (error) {
    return firstLine(error)
  }
}

const known = new Map<string, Condition>()

/**
 * The condition of a text that `conditionMistake` found right. What fails when it is asked (a key that this event does
 * not have) is an outcome of its own: neither met nor unmet.
 */
export function condition(text: string): Condition {
  let found = known.get(text)
  if (found === undefined) {
    const program = environment.parse(text)
    found = (event) => {
      try {
        const answer = program({ event: shown(event) }) as unknown
        return typeof answer === 'boolean' ? { met: answer } : { failed: `it is ${String(answer)}, not true or false` }
      } catch (error) {
        return { failed: firstLine(error) }
      }
    }
    known.set(text, found)
  }
  return found
}

/** Attributes and data side by side: `event.type`, `event.project`, `event.branch`. */
function shown({ data, ...attributes }: Event): Record<string, Json> {
  return { ...attributes, ...(data as unknown as Record<string, Json>) }
}

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0]!
