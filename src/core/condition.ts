import { Environment } from '@marcbachmann/cel-js'
import type { Event } from '../events/event.ts'
import type { Json } from './query.ts'

type Answer = { readonly met: boolean } | { readonly failed: string }

/** A condition of the configuration, in CEL: over `event`, and true or false. */
export type Condition = (event: Event) => Answer

/** Conditions of the configuration, in CEL, over these variables. */
export interface Conditions {
  /** Why a condition cannot be one, in a line; null where it can. */
  mistake(text: string): string | null
  /**
   * Asks a condition that `mistake` found right. What fails when it is asked (a key that is not there) is an outcome of
   * its own: neither met nor unmet.
   */
  ask(text: string, values: Readonly<Record<string, Json>>): Answer
}

/** `variables`: each with its CEL type. */
export function conditionsOver(variables: Readonly<Record<string, 'map' | 'string'>>): Conditions {
  const environment = new Environment()
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type)
  const programs = new Map<string, ReturnType<Environment['parse']>>()
  return {
    mistake(text) {
      try {
        const { valid, type, error } = environment.check(text)
        if (!valid) return firstLine(error)
        return type === 'bool' || type === 'dyn' ? null : `it is of type ${type}: a condition is true or false`
      } catch (error) {
        return firstLine(error)
      }
    },
    ask(text, values) {
      let program = programs.get(text)
      if (program === undefined) {
        program = environment.parse(text)
        programs.set(text, program)
      }
      try {
        const answer = program(values) as unknown
        return typeof answer === 'boolean' ? { met: answer } : { failed: `it is ${String(answer)}, not true or false` }
      } catch (error) {
        return { failed: firstLine(error) }
      }
    }
  }
}

const onEvents = conditionsOver({ event: 'map' })

/** Why a condition over `event` cannot be one, in a line; null where it can. */
export const conditionMistake = onEvents.mistake

/** The condition over `event` of a text that `conditionMistake` found right. */
export const condition =
  (text: string): Condition =>
  (event) =>
    onEvents.ask(text, { event: shown(event) })

/** Attributes and data side by side: `event.type`, `event.project`, `event.branch`. */
function shown({ data, ...attributes }: Event): Record<string, Json> {
  return { ...attributes, ...(data as unknown as Record<string, Json>) }
}

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0]!
