import { CircuitState, ConsecutiveBreaker, circuitBreaker, DelegateBackoff, handleWhen } from 'cockatiel'
import { cleanText } from '../../base/error-text.ts'
import { NotSent } from './time-limit.ts'
import { type RawAnswer, TransportError } from './transport.ts'

/** Thresholds of a circuit breaker; both are for tests, the defaults are meant for everybody. */
export interface BreakerOptions {
  /** So many failures in a row open it; default 5. */
  readonly failures?: number
  /** So long the service is left alone then, in milliseconds; default 15,000. */
  readonly openMs?: number
}

/** The state of a circuit breaker: whether it is open, and how many calls in a row have failed. */
export interface BreakerState {
  /** The entry of clouds.yaml; of a Kubernetes, the cluster's name. */
  readonly cloud: string
  readonly service: string
  /** Calls fail at once, but for the one that finds out whether the service is back. */
  readonly open: boolean
  /** How many calls in a row have failed. */
  readonly failures: number
  /** One sentence for an operator. */
  readonly sentence: string
}

/** The circuit breaker is open: the service is left alone, and nothing was sent. */
export class LeftAlone extends Error {
  override readonly name = 'LeftAlone'
  readonly retryAfterMs: number
  constructor(sentence: string, retryAfterMs: number) {
    super(cleanText(sentence))
    this.retryAfterMs = retryAfterMs
  }
}

/** Which call it is, and how to read what becomes of it. */
export interface GuardedCall {
  /** Method and path, for the sentence. */
  readonly what: string
  /** A lost connection says nothing: it may be a kept one that the server closed long ago, and is tried on another. */
  readonly resetSaysNothing: boolean
  /** How an error that is no TransportError says that the service fails; null: it does not. */
  readonly failed?: (error: unknown) => string | null
}

/** A circuit breaker: leaves a service alone that keeps failing, so that its outage costs one call now and then and not one for each lane. */
export interface Breaker {
  /** Throws LeftAlone while calls would not be sent; for callers who would otherwise queue up first. */
  refuse(): void
  /** Sends one call, or throws LeftAlone. `trial`: the first call after a pause, whose outcome decides. */
  run<Answer extends Pick<RawAnswer, 'status'>>(
    call: GuardedCall,
    send: (trial: boolean) => Promise<Answer>
  ): Promise<Answer>
  state(): BreakerState
}

/**
 * Five: a GET is tried four times by itself, so at least two calls have failed, and one unlucky call never shuts a
 * service; at eight calls at a time a real outage gets there in one round.
 */
const defaultFailures = 5
/** Long enough that a struggling service gets air, short enough that nobody waits for us once it is back. */
const defaultOpenMs = 15_000
/** While the trial is under way the others come back after so long: it may hang until its time-out. */
const trialMs = 3000

type Outcome = { readonly answer: Pick<RawAnswer, 'status'> } | { readonly error: unknown }

/** What became of a call, on its way through the library: `failed` counts, everything else thrown does not. */
class Judged extends Error {
  readonly outcome: Outcome
  readonly failed: boolean
  constructor(outcome: Outcome, failed: boolean) {
    super('judged')
    this.outcome = outcome
    this.failed = failed
  }
}

/** Refused by the look right before it: as a trial it has found out nothing. */
const unsent = (error: unknown): boolean =>
  error instanceof Judged && 'error' in error.outcome && error.outcome.error instanceof NotSent

/**
 * One breaker for one service of one entry of clouds.yaml, or for the API server of one cluster; `changed` hears when it
 * opens and when it closes again.
 */
export function createBreaker(
  cloud: string,
  service: BreakerState['service'],
  { failures = defaultFailures, openMs = defaultOpenMs }: BreakerOptions,
  changed: (state: BreakerState) => void
): Breaker {
  const consecutive = new ConsecutiveBreaker(failures)
  const policy = circuitBreaker(
    handleWhen((error) => error instanceof Judged && error.failed),
    { breaker: consecutive, halfOpenAfter: new DelegateBackoff(({ result }) => pauseAfter(result)) }
  )
  let last = ''
  let until = 0
  let open = false
  const pauseAfter = (result: object) => ('error' in result && unsent(result.error) ? 0 : openMs)
  policy.onBreak((reason) => {
    const pause = pauseAfter(reason)
    until = Date.now() + pause
    // The library has counted it: to it a trial goes well or does not.
    if (pause === 0) consecutive.state -= 1
    if (open) return
    open = true
    changed(state())
  })
  policy.onReset(() => {
    open = false
    changed(state())
  })

  function state(): BreakerState {
    const who = service === 'kubernetes' ? `kubernetes of cluster ${cloud}` : `${service} of cloud entry '${cloud}'`
    const failures = consecutive.state
    const row = `failed ${failures} times in a row (last: ${last})`
    if (policy.state === CircuitState.HalfOpen)
      return { cloud, service, open, failures, sentence: `${who} ${row}: one call is finding out whether it is back` }
    if (policy.state === CircuitState.Open) {
      const next = Date.now() < until ? `left alone until ${new Date(until).toISOString()}` : 'the next call tries it'
      return { cloud, service, open, failures, sentence: `${who} ${row}: ${next}` }
    }
    return { cloud, service, open, failures, sentence: failures === 0 ? 'answers' : `${row}, but not given up` }
  }

  function refuse(): void {
    if (policy.state === CircuitState.HalfOpen) throw new LeftAlone(state().sentence, trialMs)
    const left = until - Date.now()
    if (policy.state === CircuitState.Open && left > 0) throw new LeftAlone(state().sentence, left)
  }

  return {
    refuse,
    state,
    async run(call, send) {
      refuse()
      const trial = policy.state === CircuitState.Open
      try {
        return await policy.execute(async () => {
          const outcome = await send(trial).then(
            (answer) => ({ answer }),
            (error: unknown) => ({ error })
          )
          const refused = 'error' in outcome && outcome.error instanceof NotSent
          const failure = refused ? null : failureOf(outcome, call, trial)
          if (failure !== null) last = failure
          if (failure !== null || 'error' in outcome) throw new Judged(outcome, failure !== null || (refused && trial))
          return outcome.answer
        })
      } catch (error) {
        if (!(error instanceof Judged)) throw error
        if ('error' in error.outcome) throw error.outcome.error
        return error.outcome.answer as never
      }
    }
  }
}

/**
 * How a call says that its service fails; null where it does not. A refusal (4xx, 429 as well) is the answer of a
 * service that works; a caller who gave up says nothing of it, except that a trial came to nothing.
 */
function failureOf(outcome: Outcome, call: GuardedCall, trial: boolean): string | null {
  const { what, resetSaysNothing, failed } = call
  if ('answer' in outcome) return outcome.answer.status >= 500 ? `${what} answered ${outcome.answer.status}` : null
  const { error } = outcome
  if (!(error instanceof TransportError)) return failed?.(error) ?? (trial ? `${what} came to nothing` : null)
  if (error.kind === 'aborted') {
    if ((error.cause as Error | undefined)?.name === 'TimeoutError') return `${what} was not answered in time`
    return trial ? `${what} was given up by its caller` : null
  }
  if (error.kind === 'reset' && resetSaysNothing && !trial) return null
  return `${what}: ${error.message}`
}
