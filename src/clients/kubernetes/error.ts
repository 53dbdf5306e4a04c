import { cleanText, wordOrNull } from '../../core/error-text.ts'

/** What went wrong with one call to an API server, in the words of an operator and in fields that the machine acts on. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError'
  /** The cluster's name in reflex.yaml. */
  readonly cluster: string
  readonly method: string
  readonly path: string
  /** HTTP status; null when no answer came at all. */
  readonly status: number | null
  /** The API server's own reason (`Forbidden`, `Conflict`, `NotFound`, …) or one of LocalReason. */
  readonly code: string
  /** True: the same call may succeed later (429, 5xx, network, time-out, an answer that is not an API server's). */
  readonly retryable: boolean
  /** How long the API server asked us to stay away, in milliseconds; null where it did not say. */
  readonly retryAfterMs: number | null
  /** The API server's id of this call, as in its audit log; null when no answer came. */
  readonly requestId: string | null
  /** True: a changing call left this machine and nobody can say whether it was performed. Read before acting again. */
  readonly unknownOutcome: boolean
  /** The message without where it was. */
  readonly said: string

  constructor(message: string, facts: KubernetesErrorFacts, cause?: unknown) {
    super(sentence(cleanText(message), facts), cause === undefined ? undefined : { cause })
    this.said = cleanText(message)
    this.cluster = facts.cluster
    this.method = facts.method
    this.path = facts.path
    this.status = facts.status ?? null
    this.code = cleanText(facts.code, 100)
    this.retryable = facts.retryable
    this.retryAfterMs = facts.retryAfterMs ?? null
    this.requestId = wordOrNull(facts.requestId)
    this.unknownOutcome = facts.unknownOutcome ?? false
  }
}

/**
 * Codes of failures that no API server named:
 * `timeout` our time-out · `aborted` whoever asked gave up · `network` refused, unresolved, TLS, connection lost · `malformed` not an API server's answer
 * (a proxy's HTML) · `kubeconfig` missing, unreadable, without the context · `credentials` the kubeconfig's way to a token
 * failed · `left_alone` it failed before, nothing was sent · `no_kind` the cluster serves no such kind · `http_<status>` an error without a readable body
 */
export type LocalReason =
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
export interface KubernetesErrorFacts {
  readonly cluster: string
  readonly method: string
  readonly path: string
  readonly status?: number | null
  readonly code: string
  readonly retryable: boolean
  readonly retryAfterMs?: number | null
  readonly requestId?: string | null
  readonly unknownOutcome?: boolean
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
