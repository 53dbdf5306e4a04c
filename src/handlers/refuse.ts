import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, type Failure, failure } from '../base/errors.ts'
import type { Actor } from '../core/approval.ts'
import type { Answer } from '../people/people.ts'
import { problemError } from './problem.ts'

const codes = { unknown: 'UNKNOWN', refused: 'REFUSED', conflict: 'CONFLICT', unconfirmed: 'UNCONFIRMED' } as const

/** Answers with a failure of the catalogue; never returns. */
export function fail(reply: FastifyReply, code: ErrorCode, ...words: readonly (string | number)[]): never {
  return failWith(reply, failure(code, ...words))
}

/** What was read of a query or a body; answers with its failure where it cannot be read. */
export function read<T>(
  reply: FastifyReply,
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure }
): T {
  return result.ok ? result.value : failWith(reply, result.failure)
}

/** What a door gave; answers with its no. */
export function given<T>(reply: FastifyReply, answer: Answer<T>): T {
  return answer.ok ? answer : fail(reply, codes[answer.why], answer.reason)
}

/** Who asks, on a route that takes somebody. */
export function actorOf({ actor }: FastifyRequest): Actor {
  if (actor === null) throw new Error('a route for people was reached without an actor')
  return actor
}

function failWith(_reply: FastifyReply, failed: Failure): never {
  throw problemError(failed)
}
