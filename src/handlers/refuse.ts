import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, type Failure, failure } from '../base/errors.ts'
import type { Actor } from '../core/approval.ts'
import type { Answer } from '../people/answer.ts'
import { problemError } from './problem.ts'

const codes = { unknown: 'UNKNOWN', refused: 'REFUSED', conflict: 'CONFLICT', unconfirmed: 'UNCONFIRMED' } as const

/** Answers with a failure of the catalogue; never returns. */
export function fail(reply: FastifyReply, code: ErrorCode, ...words: readonly (string | number)[]): never {
  return failWith(reply, failure(code, ...words))
}

/** Returns the value of a parsed query or body; answers with its failure where it cannot be parsed. */
export function readOrFail<T>(
  reply: FastifyReply,
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure }
): T {
  return result.ok ? result.value : failWith(reply, result.failure)
}

/** Returns the value of an operation's answer; answers with its refusal. */
export function given<T>(reply: FastifyReply, answer: Answer<T>): T {
  if (!answer.ok) return fail(reply, codes[answer.why], answer.reason)
  const { ok: _, ...value } = answer
  // Without `ok` it is what was given.
  return value as unknown as T
}

/** Returns the authenticated actor of a request; throws on a route that takes none. */
export function actorOf({ actor }: FastifyRequest): Actor {
  if (actor === null) throw new Error('a route for people was reached without an actor')
  return actor
}

function failWith(_reply: FastifyReply, failed: Failure): never {
  throw problemError(failed)
}
