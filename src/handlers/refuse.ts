import type { FastifyRequest } from 'fastify'
import { type ErrorCode, failure } from '../base/errors.ts'
import type { Actor } from '../core/approval.ts'
import type { Answer } from '../people/answer.ts'
import { problemError } from './problem.ts'

const codes = { unknown: 'UNKNOWN', refused: 'REFUSED', conflict: 'CONFLICT', unconfirmed: 'UNCONFIRMED' } as const

/** Answers with a failure of the catalogue; never returns. */
export function fail(code: ErrorCode, ...words: readonly (string | number)[]): never {
  throw problemError(failure(code, ...words))
}

/** Returns the value of an operation's answer; answers with its refusal. */
export function given<T>(answer: Answer<T>): T {
  if (!answer.ok) return fail(codes[answer.why], answer.reason)
  const { ok: _, ...value } = answer
  // Without `ok` it is what was given.
  return value as unknown as T
}

/** Returns the authenticated actor of a request; throws on a route that takes none. */
export function actorOf({ actor }: FastifyRequest): Actor {
  if (actor === null) throw new Error('a route for people was reached without an actor')
  return actor
}
