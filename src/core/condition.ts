import type { ASTNode, Environment } from '@marcbachmann/cel-js'
import type { Event } from '../events/event.ts'
import { readable } from '../events/names.ts'
import { costMistake, isNode, mostCost, sizeMistake } from './condition-cost.ts'
import { cel } from './late-libraries.ts'
import { linearMatch } from './linear-match.ts'
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

const pieces = (text: string, by: string): string[] => {
  const all = text.split(by, mostCost.entries + 1)
  if (all.length > mostCost.entries) throw new Error(`split() makes more than ${mostCost.entries} pieces`)
  return all
}

/** Makes conditions over `variables`, each with its CEL type. */
export function conditionsOver(variables: Readonly<Record<string, 'map' | 'string'>>): Conditions {
  // Characters that patterns are matched with, since the asking that is under way began.
  let matched = 0
  const limited = (): Environment => {
    const environment = new (cel().Environment)({ limits: { maxAstNodes: 500, maxDepth: 50 } })
    for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type)
    environment.registerFunction(`string.${linear.matches}(string): bool`, (text: string, pattern: string) => {
      matched += text.length
      if (matched > mostCost.matched) throw new Error(`it matches more than ${mostCost.matched} characters`)
      return linearMatch(pattern, text)
    })
    environment.registerFunction(`string.${linear.split}(string): list<string>`, pieces)
    environment.registerFunction(
      `string.${linear.split}(string, int): list<string>`,
      (text: string, by: string, most: bigint) => {
        const all = pieces(text, by)
        if (most < 0n || all.length <= most) return all
        return most === 0n ? [] : [...all.slice(0, Number(most) - 1), all.slice(Number(most) - 1).join(by)]
      }
    )
    return environment
  }
  const maps = Object.keys(variables).filter((name) => variables[name] === 'map')
  let plain: Environment | undefined
  const environment = () => (plain ??= limited())
  let nulls: Environment | undefined
  // Nobody writes these: names that are compared with null are read from them.
  const asking = () => {
    if (nulls !== undefined) return nulls
    nulls = limited()
    for (const name of maps) nulls.registerVariable(withNulls(name), 'map')
    return nulls
  }
  const programs = new Map<string, ReturnType<Environment['parse']>>()
  const parse = (text: string, within = environment()) => {
    const program = within.parse(text)
    useLinear(program.ast)
    return program
  }
  return {
    mistake(text) {
      if (text.length > mostCost.condition)
        return `it is ${text.length} characters long: ${mostCost.condition} are the most`
      try {
        const costly = costMistake(environment().parse(text).ast)
        if (costly !== null) return costly
        const { valid, type, error } = parse(text).check()
        if (!valid) return firstLine(error)
        return type === 'bool' || type === 'dyn' ? null : `it is of type ${type}: a condition is true or false`
      } catch (error) {
        return firstLine(error)
      }
    },
    reads(text, variable) {
      const names = new Set<string>()
      collect(environment().parse(text).ast, variable, names)
      return [...names]
    },
    ask(text, values) {
      const tooLarge = sizeMistake(values)
      if (tooLarge !== null) return { failed: tooLarge }
      let program = programs.get(text)
      if (program === undefined) {
        program = parse(askingForNull(text, environment().parse(text).ast, maps), asking())
        programs.set(text, program)
      }
      matched = 0
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

/** CEL's own words, and ours behind them: the library's `matches` is JavaScript's, which may take for ever, and cannot be replaced. */
const linear = { matches: 'matchesLinear', split: 'splitBounded' } as const

function useLinear(part: unknown): void {
  if (Array.isArray(part)) for (const one of part) useLinear(one)
  if (!isNode(part)) return
  // Changed in place: the library gives them as what they are by the operator, and all as readonly.
  const args = part.args as unknown as unknown[]
  if (part.op === 'rcall' && Object.hasOwn(linear, String(args[0]))) args[0] = linear[args[0] as keyof typeof linear]
  useLinear(args)
}

const onEvents = conditionsOver({ event: 'map' })

/** Why a condition over `event` cannot be one, in a line; null where it can. */
export const conditionMistake = onEvents.mistake

/** Lists what a condition that `conditionMistake` found right reads of `event`, by name. */
export const namesRead = (text: string): readonly string[] => onEvents.reads(text, 'event')

/** Compiles the condition over `event` of a text that `conditionMistake` found right. */
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

const isVariable = ({ op, args }: ASTNode, name: string): boolean => op === 'id' && args === name

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .split('\n')[0]!
    .replaceAll(linear.matches, 'matches')
    .replaceAll(linear.split, 'split')
