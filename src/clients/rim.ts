import type { Answer } from './http.ts'
import { OpenStackError } from './openstack-error.ts'

/** Says that an answer is not what the service promises; retryable, because a proxy or a half-started service does this. */
export function malformed(answer: Answer, what: string): OpenStackError {
  const { cloud, service, method, path, status, requestId } = answer
  return new OpenStackError(`${what}; is something else than ${service} answering there?`, {
    ...{ cloud, service, method, path, status, requestId },
    code: 'malformed',
    retryable: true,
    // The status says that it was performed, but what was performed is not to be read from this answer.
    unknownOutcome: method !== 'GET' && method !== 'HEAD'
  })
}

/** Reads the fields of one object of an answer; each getter throws a `malformed` error that names the field. */
export function fields(answer: Answer, value: unknown, where: string) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw malformed(answer, `${where} is ${kindOf(value)}, not an object`)
  }
  const object = value as Record<string, unknown>

  function expect<T>(key: string, wanted: string, check: (value: unknown) => value is T): T {
    const found = object[key]
    if (check(found)) return found
    throw malformed(answer, `${where}.${key} is ${kindOf(found)}, not ${wanted}`)
  }

  return {
    text: (key: string): string => expect(key, 'a string', isString),
    /** null, a missing field and an empty string are all null: services mix them. */
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
