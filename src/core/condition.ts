import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import type { Event } from '../events/event.ts'
import { readable } from '../events/names.ts'
import type { Json } from './query.ts'
import { askingForNull, withNulls, withoutNulls } from './unknowns.ts'

type Named = { readonly [key: string]: Json | undefined } | null
type Answer = { readonly met: boolean } | { readonly failed: string }

/** A condition of the configuration, in CEL: over `event`, and true or false. */
export type Condition = (event: Event) => Answer

/** Conditions of the configuration, in CEL, over these variables. */
export interface Conditions {
  /** Why a condition cannot be one, in a line; null where it can. */
  mistake(text: string): string | null
  /** What a condition that `mistake` found right reads of a variable that is a map, by name. */
  reads(text: string, variable: string): readonly string[]
  /**
   * Asks a condition that `mistake` found right. What fails when it is asked (a key that is not there, or that is null: not
   * known) is an outcome of its own: neither met nor unmet.
   */
  ask(text: string, values: Readonly<Record<string, Json>>): Answer
}

/** `variables`: each with its CEL type. */
export function conditionsOver(variables: Readonly<Record<string, 'map' | 'string'>>): Conditions {
  const environment = new Environment()
  // Nobody writes these: names that are compared with null are read from them.
  const asking = new Environment()
  const maps = Object.keys(variables).filter((name) => variables[name] === 'map')
  for (const [name, type] of Object.entries(variables)) {
    environment.registerVariable(name, type)
    asking.registerVariable(name, type)
    if (type === 'map') asking.registerVariable(withNulls(name), type)
  }
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
    reads(text, variable) {
      const names = new Set<string>()
      collect(environment.parse(text).ast, variable, names)
      return [...names]
    },
    ask(text, values) {
      let program = programs.get(text)
      if (program === undefined) {
        program = asking.parse(askingForNull(text, environment.parse(text).ast, maps))
        programs.set(text, program)
      }
      const said = Object.fromEntries(
        Object.entries(values).flatMap(([name, value]): [string, Json][] =>
          maps.includes(name)
            ? [
                [name, withoutNulls(value)],
                [withNulls(name), value]
              ]
            : [[name, value]]
        )
      )
      try {
        const answer = program(said) as unknown
        return typeof answer === 'boolean' ? { met: answer } : { failed: `it is ${String(answer)}, not true or false` }
      } catch (error) {
        const reason = firstLine(error)
        const key = /^No such key: (.*)$/.exec(reason)?.[1]
        const unknown = maps.find((name) => key !== undefined && (values[name] as Named)?.[key] === null)
        if (unknown === undefined) return { failed: reason }
        return { failed: `${reason}: it is not known here, and only \`${unknown}.${key} == null\` asks for that` }
      }
    }
  }
}

const onEvents = conditionsOver({ event: 'map' })

/** Why a condition over `event` cannot be one, in a line; null where it can. */
export const conditionMistake = onEvents.mistake

/** What a condition that `conditionMistake` found right reads of `event`, by name. */
export const namesRead = (text: string): readonly string[] => onEvents.reads(text, 'event')

/** The condition over `event` of a text that `conditionMistake` found right. */
export const condition =
  (text: string): Condition =>
  (event) =>
    onEvents.ask(text, { event: readable(event) as Record<string, Json> })

/** `event.branch`, `event["branch"]` and `"branch" in event`, wherever in the condition they stand. */
function collect(part: unknown, variable: string, names: Set<string>): void {
  if (Array.isArray(part)) for (const one of part) collect(one, variable, names)
  if (!isNode(part)) return
  const { op, args } = part
  if (op === '.' || op === '.?') {
    if (isVariable(args[0], variable)) names.add(args[1])
  } else if (op === '[]' || op === '[?]' || op === 'in') {
    const [map, key] = op === 'in' ? [args[1], args[0]] : args
    if (isVariable(map, variable) && key.op === 'value' && typeof key.args === 'string') names.add(key.args)
  }
  collect(args, variable, names)
}

const isNode = (part: unknown): part is ASTNode => typeof part === 'object' && part !== null && 'op' in part
const isVariable = ({ op, args }: ASTNode, name: string): boolean => op === 'id' && args === name

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0]!
