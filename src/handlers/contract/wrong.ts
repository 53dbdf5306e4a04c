import { type Failure, failure } from '../../base/errors.ts'
import { nearest } from '../../base/nearest.ts'

/** What is asked in: parameters of an address, or the fields of a body. */
export type RequestPart = 'querystring' | 'params' | 'body'

/** As much of a schema as its words are made of. */
export interface RequestSchema {
  readonly properties: Readonly<Record<string, Property>>
  readonly required?: readonly string[]
}

interface Property {
  readonly description?: string
  readonly 'x-problem'?: string
}

const most = { querystring: 300, params: 300, body: 500 } as const

/** Says what nobody may ask, whatever the field: a name that is not there, nothing, too much, anything but text; null: none of it. */
export function notAskable(part: RequestPart, { properties }: RequestSchema, value: unknown): Failure | null {
  if (part === 'params') return null
  const names = Object.keys(properties)
  if (part === 'querystring') {
    for (const [name, given] of Object.entries(value as object)) {
      const wrong = wrongParameter(name, given, names)
      if (wrong !== null) return wrong
    }
    return null
  }
  // Not taken for {}: a script whose variable is empty would stop everything, or approve without its reason.
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return failure('BAD_BODY', 'it is no JSON object: send {} where there is nothing to say')
  for (const [name, given] of Object.entries(value)) {
    const wrong = wrongField(name, given, names)
    if (wrong !== null) return failure('BAD_BODY', wrong)
  }
  return null
}

function wrongParameter(name: string, given: unknown, names: readonly string[]): Failure | null {
  if (!names.includes(name)) {
    const meant = nearest(name, names)
    const hint = meant === null ? '' : `, did you mean '${meant}'?`
    return failure('UNKNOWN_PARAMETER', name.slice(0, 40), hint, names.join(', '))
  }
  if (typeof given !== 'string') return bad(name, shown(given), 'is there more than once', 'one value')
  if (given === '') return bad(name, shown(given), 'is empty', 'a value, or leave it out')
  if (given.length <= most.querystring) return null
  return bad(name, shown(given), 'is too long', `at most ${most.querystring} characters`)
}

function wrongField(name: string, given: unknown, names: readonly string[]): string | null {
  if (!names.includes(name)) {
    const meant = nearest(name, names)
    const hint = meant === null ? `; known are ${names.join(', ')}` : `, did you mean '${meant}'?`
    return `'${name.slice(0, 40)}' is not known${hint}`
  }
  if (given === null || given === '') return `'${name}' is ${given === null ? 'null' : 'empty'}: leave it out`
  if (typeof given !== 'string') return `'${name}' is not text`
  return given.length > most.body ? `'${name}' is longer than ${most.body} characters` : null
}

/** Says what is wrong with a value that its schema refuses, in the words of the field that is wrong. */
export function refusedBy(
  { properties, required = [] }: RequestSchema,
  value: Readonly<Record<string, unknown>>,
  isWrong: (name: string) => boolean
): Failure {
  for (const [name, { description = '', 'x-problem': problem = 'is not understood' }] of Object.entries(properties)) {
    if (value[name] === undefined) {
      if (required.includes(name)) return bad(name, 'nothing', 'is missing', description)
    } else if (isWrong(name)) return bad(name, shown(value[name]), problem, description)
  }
  return failure('BAD_BODY', 'it is not what this route takes: see /api/v1/openapi.json')
}

const shown = (value: unknown): string => JSON.stringify(value).slice(0, 80)

const bad = (name: string, value: string, problem: string, allowed: string): Failure =>
  failure('BAD_PARAMETER', name, value, problem, allowed)
