import type { ErrorObject } from 'ajv'
import { nearest } from '../base/nearest.ts'
import type { Path } from './document.ts'
import type { Schema } from './schema.ts'

/** One mistake in the configuration: where it is, what is written there, and what may be. */
export interface Problem {
  readonly file: string
  /** null where it is not in a file: the environment. */
  readonly line: number | null
  readonly column: number | null
  /** e.g. `notifications[0].queue`; empty for the file as a whole. */
  readonly path: string
  /** As written, shortened, secrets hidden; null where nothing is written. */
  readonly value: string | null
  readonly message: string
  readonly allowed: string | null
}

/** A mistake before it has a place in a file. */
export interface Mistake {
  readonly path: Path
  readonly part: 'key' | 'value'
  readonly value: unknown
  readonly message: string
  readonly allowed: string | null
}

/** Shows a path as people write it: `policies.dns.settings[0]`. */
export const showPath = (path: Path): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('')

/** What was written, fit to be printed: short, and nothing under a key that sounds like a secret. */
export function showValue(value: unknown, path: Path): string | null {
  if (value === undefined) return null
  if (path.some((part) => typeof part === 'string' && /url|pass|secret|token|credential|sha256/i.test(part)))
    return '(hidden)'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'a map'
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** `reflex.yaml:12:5  sweep.every = "10": is not a duration …; allowed: …` */
export function showProblem(problem: Problem): string {
  const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}:${problem.column}`
  const written = problem.value === null ? '' : ` = ${problem.value}`
  const what = problem.path === '' ? '' : `${problem.path}${written}: `
  const allowed = problem.allowed === null ? '' : `; allowed: ${problem.allowed}`
  return `${place}  ${what}${problem.message}${allowed}`
}

const quoted = (words: readonly unknown[]): string => words.map(String).join(', ')

/** What a schema allows, in words. */
function allowedBy(schema: Schema): string {
  if (typeof schema.title === 'string') return schema.title
  if (Array.isArray(schema.enum)) return quoted(schema.enum)
  if ('const' in schema) return String(schema.const)
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map((branch) => allowedBy(branch as Schema)).join(' or ')
  if (schema.type === 'integer' || schema.type === 'number') {
    const what = schema.type === 'integer' ? 'a whole number' : 'a number'
    const { minimum, maximum } = schema
    if (minimum !== undefined && maximum !== undefined) return `${what} from ${minimum} to ${maximum}`
    if (minimum !== undefined) return `${what}, at least ${minimum}`
    return maximum === undefined ? what : `${what}, at most ${maximum}`
  }
  if (schema.type === 'boolean') return 'true or false'
  if (schema.type === 'array') return `a list of ${allowedBy((schema.items ?? {}) as Schema)}`
  if (schema.type === 'object')
    return `a map with ${quoted(Object.keys((schema.properties ?? {}) as object)) || 'names'}`
  if (typeof schema.description === 'string') return schema.description
  if (schema.pattern !== undefined) return `text like ${String(schema.pattern)}`
  return 'text'
}

const kindOf = (value: unknown): string => {
  if (value === null) return 'is empty'
  if (Array.isArray(value)) return 'is a list'
  const kind = { object: 'is a map', string: 'is text', number: 'is a number', boolean: 'is true or false' }
  return kind[typeof value as keyof typeof kind] ?? `is a ${typeof value}`
}

/** Only what asks for one thing is told that it is empty. */
function tooFew({ keyword, params }: ErrorObject): string {
  const limit = params.limit as number
  if (limit === 1) return 'must not be empty'
  if (keyword === 'minLength') return `is too short: at least ${limit} characters`
  return `has too few entries: at least ${limit}`
}

/** JSON pointer → path; numbers only where the value there is a list. */
function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = []
  let here = root
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(here) ? Number(key) : key)
    here = (here as Record<string, unknown> | undefined)?.[key]
  }
  return path
}

function mistake(error: ErrorObject, root: unknown): Mistake {
  const path = pathOf(error.instancePath, root)
  const schema = (error.parentSchema ?? {}) as Schema
  const here = { path, part: 'value', value: error.data, allowed: allowedBy(schema) } as const
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = error.params.additionalProperty as string
      const known = Object.keys((schema.properties ?? {}) as object)
      const meant = nearest(key, known)
      const message = meant === null ? 'is not known here' : `is not known here, did you mean '${meant}'?`
      const value = (error.data as Record<string, unknown>)[key]
      return { path: [...path, key], part: 'key', value, message, allowed: quoted(known) || allowedBy(schema) }
    }
    case 'required': {
      const key = error.params.missingProperty as string
      const wanted = ((schema.properties ?? {}) as Record<string, Schema>)[key] ?? {}
      return { path: [...path, key], part: 'key', value: undefined, message: 'is missing', allowed: allowedBy(wanted) }
    }
    case 'type':
      return { ...here, message: kindOf(error.data) }
    case 'enum':
    case 'const': {
      const meant = nearest(String(error.data), (schema.enum ?? [schema.const]) as string[])
      return { ...here, message: meant === null ? 'is not one of them' : `did you mean '${meant}'?` }
    }
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return { ...here, message: 'is out of range' }
    case 'minItems':
    case 'minProperties':
    case 'minLength':
      return { ...here, message: tooFew(error) }
    case 'maxLength':
      return { ...here, message: `is longer than ${error.params.limit} characters` }
    case 'uniqueItems':
      return {
        ...here,
        message: `has the same entry twice (${[error.params.i + 1, error.params.j + 1].sort((a, b) => a - b).join(' and ')})`
      }
    case 'pattern':
      return { ...here, message: 'does not have the right form' }
    case 'anyOf': {
      const words = (error.schema as Schema[]).flatMap((branch) =>
        typeof branch.const === 'string' ? branch.const : []
      )
      const meant = typeof error.data === 'string' ? nearest(error.data, words) : null
      return { ...here, message: meant === null ? kindOf(error.data) : `did you mean '${meant}'?` }
    }
    default:
      return { ...here, message: error.message ?? 'is wrong' }
  }
}

const isOfKeys =
  (pointer: string) =>
  ({ instancePath, keyword }: ErrorObject): boolean =>
    instancePath === pointer && (keyword === 'required' || keyword === 'additionalProperties')

const decidesBranch = (keyword: string) => keyword === 'type' || keyword === 'const' || keyword === 'enum'

/**
 * Ajv's errors as mistakes that a person can act on. Of a choice (`anyOf`), Ajv reports what is wrong with every
 * branch: we keep the branch that the value was meant to be, or say what the choices are.
 */
export function mistakesOf(errors: readonly ErrorObject[], root: unknown): Mistake[] {
  let left = [...errors]
  // Inner choices first: what they come to is what the outer one has to choose from.
  const choices = errors.filter((error) => error.keyword === 'anyOf')
  for (const choice of choices.sort((a, b) => b.schemaPath.length - a.schemaPath.length)) {
    const here = (pointer: string) => pointer === choice.instancePath || pointer.startsWith(`${choice.instancePath}/`)
    const inBranch = (error: ErrorObject, i: number) =>
      here(error.instancePath) && error.schemaPath.startsWith(`${choice.schemaPath}/${i}/`)
    const branches = (choice.schema as unknown[]).map((_, i) => left.filter((error) => inBranch(error, i)))
    const meant = branches.filter(
      (branch) => !branch.some((error) => error.instancePath === choice.instancePath && decidesBranch(error.keyword))
    )
    // Of several maps it is the one whose keys are there.
    const whole = meant.filter((branch) => !branch.some(isOfKeys(choice.instancePath)))
    if (meant.length > 1 && whole.length === 1) meant.splice(0, meant.length, whole[0]!)
    const inside = new Set(branches.flat())
    const keep = new Set(meant.length === 1 ? meant[0] : [choice])
    left = left.filter((error) => keep.has(error) || (error !== choice && !inside.has(error)))
  }
  return left.map((error) => mistake(error, root))
}
