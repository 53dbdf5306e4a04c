import { cleanText } from '../../base/error-text.ts'
import { ServiceError, type ServiceErrorFacts } from '../../core/service-error.ts'

/** A failed call to an API server, in the words of an operator; `code` is the API server's reason (`Forbidden`, `Conflict`, `NotFound`, …) or one of LocalReason. */
export class KubernetesError extends ServiceError {
  override readonly name = 'KubernetesError'
  /** The cluster's name in reflex.yaml. */
  readonly cluster: string
  /** The message without where it was. */
  readonly said: string

  constructor(message: string, facts: KubernetesErrorFacts, cause?: unknown) {
    super(sentence(cleanText(message), facts), facts, cause)
    this.said = cleanText(message)
    this.cluster = facts.cluster
  }
}

/**
 * Codes of failures that no API server named:
 * `timeout` our time-out · `aborted` whoever asked gave up · `network` refused, unresolved, TLS, connection lost · `malformed` not an API server's answer
 * (a proxy's HTML) · `kubeconfig` missing, unreadable, without the context · `credentials` the kubeconfig's way to a token
 * failed · `left_alone` it failed before, nothing was sent · `no_kind` the cluster serves no such kind · `http_<status>` an error without a readable body
 */
type LocalReason =
  | 'timeout'
  | 'aborted'
  | 'network'
  | 'malformed'
  | 'kubeconfig'
  | 'credentials'
  | 'left_alone'
  | 'no_kind'
  | `http_${number}`

/** Everything that a KubernetesError knows besides its message. */
export interface KubernetesErrorFacts extends ServiceErrorFacts {
  readonly code: LocalReason | (string & Record<never, never>)
  readonly cluster: string
}

function sentence(message: string, facts: KubernetesErrorFacts): string {
  // Says by itself of whom it is.
  if (facts.code === 'left_alone') return message
  const where = `kubernetes of cluster ${facts.cluster}`
  // It is about the way there, not about the call.
  if (facts.code === 'kubeconfig' || facts.code === 'credentials') return `${where}: ${message}`
  const answered = facts.status ? ` answered ${facts.status}` : ''
  const unknown = facts.unknownOutcome ? '; whether it was performed is unknown' : ''
  return `${where}: ${facts.method} ${facts.path}${answered}: ${message}${unknown}`
}
