import { cleanText, wordOrNull } from '../base/error-text.ts'

/** What every failed call knows, whichever service it was made to. */
export interface ServiceErrorFacts {
  readonly method: string
  readonly path: string
  readonly status?: number | null
  readonly code: string
  readonly retryable: boolean
  readonly retryAfterMs?: number | null
  readonly requestId?: string | null
  readonly unknownOutcome?: boolean
}

/** The longest of any service's own error types is a third of that. */
const mostOfWord = 100

/** One call to a service that failed, in fields that the machine acts on; each client's own error adds whom it called. */
export abstract class ServiceError extends Error {
  readonly method: string
  readonly path: string
  /** HTTP status; null when no answer came at all. */
  readonly status: number | null
  /** The service's own word for what went wrong, or one of the client's. */
  readonly code: string
  /** True: the same call may succeed later (429, 5xx, network, time-out, an answer that is not the service's). */
  readonly retryable: boolean
  /** How long the service asked us to stay away, in milliseconds; null where it did not say. */
  readonly retryAfterMs: number | null
  /** The service's own id of this call, for its operator's logs; null when no answer came. */
  readonly requestId: string | null
  /** True: a changing call left this machine and nobody can say whether it was performed. Read before acting again. */
  readonly unknownOutcome: boolean

  constructor(message: string, facts: ServiceErrorFacts, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
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
