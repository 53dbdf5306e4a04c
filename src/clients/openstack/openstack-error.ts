import { cleanText, wordOrNull } from '../../base/error-text.ts'
import { ServiceError, type ServiceErrorFacts } from '../../core/service-error.ts'

/** A failed call to OpenStack, in the words of an operator; `code` is the service's error type (`itemNotFound`, `PortNotFound`, `duplicate_recordset`, …) or one of LocalCode. */
export class OpenStackError extends ServiceError {
  override readonly name = 'OpenStackError'
  readonly cloud: string
  /** Service type of the catalogue, e.g. `compute`. */
  readonly service: string

  constructor(message: string, facts: OpenStackErrorFacts, cause?: unknown) {
    super(sentence(cleanText(message), facts), facts, cause)
    this.cloud = facts.cloud
    this.service = facts.service
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
type LocalCode =
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
export interface OpenStackErrorFacts extends ServiceErrorFacts {
  readonly code: LocalCode | (string & Record<never, never>)
  readonly cloud: string
  readonly service: string
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
