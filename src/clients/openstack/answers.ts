import { wordOrNull } from '../../base/error-text.ts'
import { TimeOver } from '../../core/work.ts'
import { LeftAlone } from '../http/breaker.ts'
import { type RawAnswer, TransportError } from '../http/transport.ts'
import type { ServiceType } from './catalogue.ts'
import { OpenStackError } from './openstack-error.ts'

/** Which call it was, for messages. */
export type CallPlace = Pick<ServiceAnswer, 'cloud' | 'service' | 'method' | 'path'>

/** A 2xx answer with its JSON. */
export function parseAnswer(where: CallPlace, raw: RawAnswer): ServiceAnswer {
  const requestId = requestIdOf(raw)
  const answer = { ...where, status: raw.status, headers: raw.headers, requestId }
  if (raw.text.trim() === '') return { ...answer, body: null }
  try {
    return { ...answer, body: JSON.parse(raw.text) }
  } catch (cause) {
    const what = `${raw.headers['content-type'] ?? 'a body without content type'} instead of JSON; is a proxy answering?`
    const unknownOutcome = where.method !== 'GET' && where.method !== 'HEAD'
    const facts = { ...where, status: raw.status, requestId, code: 'malformed', retryable: true, unknownOutcome }
    throw new OpenStackError(what, facts, cause)
  }
}

/** An answer that is not 2xx. */
export function refused(where: CallPlace, raw: RawAnswer, now: number): OpenStackError {
  const { status } = raw
  const reading = where.method === 'GET' || where.method === 'HEAD'
  const requestId = requestIdOf(raw)
  if (status >= 300 && status < 400) {
    const message = `it redirects to ${raw.headers.location ?? 'nowhere'}, which is not followed; correct the endpoint`
    return new OpenStackError(message, { ...where, status, requestId, code: 'redirect', retryable: false })
  }
  const said = upstream(raw.text)
  const retryAfterMs = retryAfter(raw, now)
  return new OpenStackError(
    said?.message ?? `${raw.headers['content-type'] ?? 'empty'} answer that is not the service's own`,
    {
      ...where,
      status,
      requestId,
      retryAfterMs,
      code: said?.code ?? `http_${status}`,
      // 413 is also how old services say "too many requests"; then they say when to come back. Cinder says 0 over quota.
      retryable:
        status === 408 ||
        status === 429 ||
        status >= 500 ||
        (status === 413 && retryAfterMs !== null && retryAfterMs > 0),
      // 503 comes from in front of the service; the others may come after the work was done.
      unknownOutcome: !reading && (status === 408 || (status >= 500 && status !== 501 && status !== 503))
    }
  )
}

/**
 * The request ended without an answer. Only what the transport had sent can have an unknown outcome: not what waited
 * for a slot or a token.
 */
export function noAnswer(error: unknown, where: CallPlace, signal: AbortSignal, limit: number): OpenStackError {
  if (error instanceof OpenStackError) return error
  if (error instanceof LeftAlone) {
    const { message, retryAfterMs } = error
    return new OpenStackError(message, { ...where, code: 'left_alone', retryable: true, retryAfterMs })
  }
  const changing = where.method !== 'GET' && where.method !== 'HEAD' && where.service !== 'identity'
  const unknownOutcome = changing && error instanceof TransportError && error.sent
  if (!signal.aborted) {
    const code = error instanceof TransportError && error.kind === 'reset' ? 'reset' : 'network'
    const message = error instanceof Error ? error.message : String(error)
    return new OpenStackError(message, { ...where, code, retryable: true, unknownOutcome }, error)
  }
  if ((signal.reason as Error | undefined)?.name === 'TimeoutError') {
    const message = `no answer within ${limit} ms`
    return new OpenStackError(message, { ...where, code: 'timeout', retryable: true, unknownOutcome }, error)
  }
  if (signal.reason instanceof TimeOver) {
    const message = `given up, because what asked was ${signal.reason.message}`
    return new OpenStackError(message, { ...where, code: 'aborted', retryable: true, unknownOutcome }, error)
  }
  return new OpenStackError(
    'given up by the caller',
    { ...where, code: 'aborted', retryable: false, unknownOutcome },
    error
  )
}

/**
 * The shapes of error bodies: Nova and Cinder `{itemNotFound: {code, message}}`, Neutron `{NeutronError: {type, message}}`,
 * Designate `{code, type, message, errors?}`, Keystone and its middleware `{error: {code, title, message}}`, Octavia
 * `{faultcode: 'Client', faultstring, debuginfo}`, Placement `{errors: [{title, detail, code}]}`.
 */
function upstream(text: string): { code: string; message: string } | null {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return null
  }
  if (body === null || typeof body !== 'object') return null
  const designate = body as { type?: unknown; message?: unknown; errors?: unknown }
  if (typeof designate.type === 'string') {
    const details = designate.errors === undefined ? '' : ` ${JSON.stringify(designate.errors)}`
    const message = typeof designate.message === 'string' ? designate.message : designate.type.replaceAll('_', ' ')
    return { code: designate.type, message: message + details }
  }
  const { faultcode, faultstring } = body as { faultcode?: unknown; faultstring?: unknown }
  if (typeof faultcode === 'string' && typeof faultstring === 'string') return { code: faultcode, message: faultstring }
  const placement = (body as { errors?: { code?: unknown; detail?: unknown }[] }).errors?.[0]
  if (typeof placement?.code === 'string' && typeof placement.detail === 'string')
    return { code: placement.code, message: placement.detail }
  const [key, inner] = Object.entries(body)[0] ?? []
  if (key === undefined) return null
  if (typeof inner === 'string') return { code: key, message: inner }
  if (inner === null || typeof inner !== 'object') return null
  const { type, title, message } = inner as { type?: unknown; title?: unknown; message?: unknown }
  if (typeof message !== 'string') return null
  const code =
    typeof type === 'string' && type !== '' ? type : key === 'error' && typeof title === 'string' ? title : key
  return { code, message }
}

function requestIdOf(raw: RawAnswer): string | null {
  const id = raw.headers['x-openstack-request-id'] ?? raw.headers['x-compute-request-id']
  return typeof id === 'string' ? wordOrNull(id) : null
}

function retryAfter(raw: RawAnswer, now: number): number | null {
  const value = raw.headers['retry-after']
  if (value === undefined) return null
  const seconds = Number(value)
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}

/** A successful answer. */
export interface ServiceAnswer {
  readonly cloud: string
  readonly service: ServiceType
  readonly method: Method
  readonly path: string
  readonly status: number
  readonly headers: RawAnswer['headers']
  /** Parsed JSON; null where the body is empty. */
  readonly body: unknown
  /** The service's own id of this call, for its logs. */
  readonly requestId: string | null
}

/** The HTTP methods that services are called with. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
