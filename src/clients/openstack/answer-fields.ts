import type { ServiceAnswer } from './answers.ts'
import { OpenStackError } from './openstack-error.ts'

/** Says that an answer is not what the service promises; retryable, because a proxy or a half-started service does this. */
export function malformed(answer: ServiceAnswer, what: string): OpenStackError {
  const { cloud, service, method, path, status, requestId } = answer
  return new OpenStackError(`${what}; is something else than ${service} answering there?`, {
    ...{ cloud, service, method, path, status, requestId },
    code: 'malformed',
    retryable: true,
    // The status says that it was performed, but what was performed is not to be read from this answer.
    unknownOutcome: method !== 'GET' && method !== 'HEAD'
  })
}

/** Left out where the service said all of it: an answer of ours has no key without a meaning. */
export interface Unsaid {
  /** Fields that the service left empty though it must know them: nothing may be done because of what is not there. */
  readonly unsaid?: readonly string[]
}

/**
 * Reads the fields of one object of an answer; each getter throws a `malformed` error that names the field. **Empty is
 * unknown**: an empty text is never "none" where something is done because there is none.
 */
export function fields(answer: ServiceAnswer, value: unknown, where: string) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw malformed(answer, `${where} is ${kindOf(value)}, not an object`)
  }
  const object = value as Record<string, unknown>
  const unsaid = new Set<string>()

  function expect<T>(key: string, wanted: string, check: (value: unknown) => value is T): T {
    const found = object[key]
    if (check(found)) return found
    throw malformed(answer, `${where}.${key} is ${kindOf(found)}, not ${wanted}`)
  }

  return {
    /** Never empty: what cannot be without it is not read at all. */
    text: (key: string): string => {
      const found = expect(key, 'a string', isString)
      if (found === '') throw malformed(answer, `${where}.${key} is empty`)
      return found
    },
    /** null where it is empty, null or missing, and then told by `told()`: the service must know it, and does not say. */
    said: (...keys: readonly [string, ...string[]]): string | null => {
      const key = keys.find((one) => object[one] !== null && object[one] !== undefined && object[one] !== '')
      if (key !== undefined) return expect(key, 'a string', isString)
      unsaid.add(keys[0])
      return null
    },
    /** null is the service's own word for "none", and so is a missing field; an empty string is not, and `told()` has it. */
    saidOrNone: (key: string): string | null => {
      const found = object[key]
      if (found === null || found === undefined) return null
      if (found === '') unsaid.add(key)
      return found === '' ? null : expect(key, 'a string', isString)
    },
    /** The same where nothing at all can be said of an object that leaves it empty: that is malformed. */
    textOrNone: (key: string): string | null => {
      const found = object[key]
      if (found === null || found === undefined) return null
      if (found === '') throw malformed(answer, `${where}.${key} is empty, where null means none`)
      return expect(key, 'a string', isString)
    },
    /** A missing field is false, as of an extension that is not there; null and an empty string are told by `told()`. */
    saidFlag: (key: string): boolean => {
      const found = object[key]
      if (found === null || found === '') unsaid.add(key)
      return found === null || found === undefined || found === '' ? false : expect(key, 'true or false', isFlag)
    },
    /** For what belongs together and is not said: two fields of which one alone makes no sense. */
    notSaid: (key: string): void => {
      unsaid.add(key)
    },
    /** What `said`, `saidOrNone` and `saidFlag` did not find, to be spread into what is read. */
    told: (): Unsaid => (unsaid.size === 0 ? {} : { unsaid: [...unsaid].sort() }),
    /** null, a missing field and an empty string are all null, where it makes no difference to anything that is done. */
    textOrNull: (key: string): string | null => {
      const found = object[key]
      if (found === null || found === undefined || found === '') return null
      return expect(key, 'a string', isString)
    },
    number: (key: string): number => expect(key, 'a number', isNumber),
    numberOrNull: (key: string): number | null => {
      const found = object[key]
      return found === null || found === undefined ? null : expect(key, 'a number', isNumber)
    },
    flag: (key: string): boolean => expect(key, 'true or false', isFlag),
    /** null and a missing field are false: services leave out what an extension does not know. */
    flagOrFalse: (key: string): boolean => {
      const found = object[key]
      return found === null || found === undefined ? false : expect(key, 'true or false', isFlag)
    },
    list: (key: string): unknown[] => expect(key, 'a list', Array.isArray),
    object: (key: string): Record<string, unknown> => expect(key, 'an object', isObject),
    value: (key: string): unknown => object[key]
  }
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}
