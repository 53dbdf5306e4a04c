import { httpErrors } from '@fastify/sensible'
import type { FastifyReply } from 'fastify'
import type { Failure } from '../base/errors.ts'

/** The media type of every error, of RFC 9457. */
export const problemType = 'application/problem+json; charset=utf-8'

/** A problem detail of RFC 9457; `error` is an extension member, and what the commands and pages read. */
export interface Problem {
  /** Names the kind of problem by its code; nothing is there to be fetched. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** This one occurrence: the request id, which the log has as well. Left out for what is no request yet. */
  readonly instance?: string
  readonly error: { readonly code: string; readonly message: string; readonly requestId: string | null }
}

/** Makes the problem detail of a failure. */
export function problemOf(
  { code, status, message }: Omit<Failure, 'code'> & { readonly code: string },
  requestId: string | null
): Problem {
  return {
    type: `urn:stackreflex:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: titleOf(code),
    status,
    detail: message,
    ...(requestId === null ? {} : { instance: `urn:uuid:${requestId}` }),
    error: { code, message, requestId }
  }
}

/** Makes the error that is thrown to be answered with the problem detail of a failure, by the app's error handler. */
export const problemError = ({ status, message, code }: Failure): Error =>
  httpErrors.createError(status, message, { code })

/** Answers with the problem detail of a failure. */
export function sendProblem(reply: FastifyReply, failed: Parameters<typeof problemOf>[0]): FastifyReply {
  return reply.code(failed.status).type(problemType).send(problemOf(failed, reply.request.id))
}

/** `BAD_PARAMETER` → `Bad parameter` */
const titleOf = (code: string): string => (code[0] ?? '') + code.slice(1).toLowerCase().replaceAll('_', ' ')
