import { cleanText, wordOrNull } from '../core/error-text.ts'

/** The longest of OpenStack's own error types is a third of that. */
const mostOfWord = 100

/** What went wrong with one call to OpenStack, in the words of an operator and in fields that the machine acts on. */
export class OpenStackError extends Error {
  override readonly name = 'OpenStackError'
  readonly cloud: string
  /** Service type of the catalogue, e.g. `compute`. */
  readonly service: string
  readonly method: string
  readonly path: string
  /** HTTP status; null when no answer came at all. */
  readonly status: number | null
  /** The service's own error type (`itemNotFound`, `PortNotFound`, `duplicate_recordset`, …) or one of LocalCode. */
  readonly code: string
  /** True: the same call may succeed later (429, 5xx, network, time-out, an answer that is not the service's). */
  readonly retryable: boolean
  /** How long the service asked us to stay away, in milliseconds; null where it did not say. */
  readonly retryAfterMs: number | null
  /** The service's id of this call (`req-…`), for its operator's logs; null when no answer came. */
  readonly requestId: string | null
  /** True: a changing call left this machine and nobody can say whether it was performed. Read before acting again. */
  readonly unknownOutcome: boolean

  constructor(message: string, facts: OpenStackErrorFacts, cause?: unknown) {
    super(sentence(cleanText(message), facts), cause === undefined ? undefined : { cause })
    this.cloud = facts.cloud
    this.service = facts.service
    this.method = facts.method
    this.path = facts.path
    this.status = facts.status ?? null
    this.code = cleanText(facts.code, mostOfWord)
    this.retryable = facts.retryable
    this.retryAfterMs = facts.retryAfterMs ?? null
    this.requestId = wordOrNull(facts.requestId)
    this.unknownOutcome = facts.unknownOutcome ?? false
  }
}

/**
 * Codes of failures that no service named:
 * `timeout` our time-out · `aborted` the caller's signal · `network` refused, unresolved, TLS · `reset` connection lost ·
 * `malformed` not the answer of that service (a proxy's HTML, a missing field) · `redirect` never followed ·
 * `left_alone` not sent, the service failed too often (breaker.ts) ·
 * `no_such_quota` the service has no such limit · `no_usage` Neutron tells none · `ignored` Nova said 200 and changed nothing ·
 * `not_registered` a unified limit that Keystone has no registered limit for ·
 * `authentication` Keystone refuses the credentials · `no_endpoint` not in the catalogue · `http_<status>` an error without a readable body
 */
export type LocalCode =
  | 'timeout'
  | 'aborted'
  | 'network'
  | 'reset'
  | 'malformed'
  | 'redirect'
  | 'left_alone'
  | 'no_such_quota'
  | 'no_usage'
  | 'ignored'
  | 'not_registered'
  | 'authentication'
  | 'no_endpoint'
  | `http_${number}`

/** Everything that an OpenStackError knows besides its message. */
export interface OpenStackErrorFacts {
  readonly cloud: string
  readonly service: string
  readonly method: string
  readonly path: string
  readonly status?: number | null
  readonly code: string
  readonly retryable: boolean
  readonly retryAfterMs?: number | null
  readonly requestId?: string | null
  readonly unknownOutcome?: boolean
}

function sentence(message: string, facts: OpenStackErrorFacts): string {
  // It is about the service, not about the call, and says which.
  if (facts.code === 'left_alone') return message
  const answered = facts.status ? ` answered ${facts.status}` : ''
  const requestId = wordOrNull(facts.requestId)
  const id = requestId === null ? '' : ` (${requestId})`
  const unknown = facts.unknownOutcome ? '; whether it was performed is unknown' : ''
  return `${facts.service} of cloud ${facts.cloud}: ${facts.method} ${facts.path}${answered}: ${message}${unknown}${id}`
}
