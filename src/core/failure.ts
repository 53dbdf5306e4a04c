import { errorText } from '../base/error-text.ts'
import type { ServiceError } from './service-error.ts'

/** Another process holds the claim now; whatever this one still finds out is not its to record. */
export class LeaseLost extends Error {
  constructor(action: string) {
    super(`the claim on action ${action} ran out before its call was made: it is claimed again`)
    this.name = 'LeaseLost'
  }
}

/** Somebody said stop while a step was being prepared: its call is not made. */
export class Stopped extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'Stopped'
  }
}

/** Tells whether an error is of the journal's file or its disk: nothing that one lane or event could be blamed for. */
export const isJournals = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'JOURNAL'

/** After so many tries that were answered, a step is given up and its lane decided anew, on what is there by then. */
export const mostTries = 10

/** What the machine needs to know of an error. */
export interface ErrorFacts {
  readonly message: string
  /** Waiting may help. */
  readonly retryable: boolean
  readonly retryAfterMs: number | null
  /** Somebody was faster (404 or 409 on a change): the plan is stale, nothing is wrong. */
  readonly overtaken: boolean
}

/** Sorts any thrown value; what nobody planned is not retryable. */
export function failureOf(error: unknown): ErrorFacts {
  const message = errorText(error)
  if (!(error instanceof Error)) return { message, retryable: false, retryAfterMs: null, overtaken: false }
  const { status, retryable, retryAfterMs, method } = error as Partial<ServiceError>
  const overtaken = (status === 404 || status === 409) && method !== undefined && method !== 'GET'
  return { message, retryable: retryable === true, retryAfterMs: bounded(retryAfterMs), overtaken }
}

/** So long we stay away at most, whatever a service asks: one odd header must not end a lane. */
const MOST_AWAY_MS = 900_000

const bounded = (ms: number | null | undefined): number | null =>
  typeof ms === 'number' && ms >= 0 ? Math.min(ms, MOST_AWAY_MS) : null
