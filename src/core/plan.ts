/** The states of a step. interrupted: the guard stopped its plan; its lane is decided again when it may go on. */
export type StepState =
  | 'waiting'
  | 'ready'
  | 'claimed'
  | 'done'
  | 'stale'
  | 'failed'
  | 'refused'
  | 'cancelled'
  | 'interrupted'

const open: readonly StepState[] = ['ready', 'claimed', 'waiting']

/** Returns the state that a step begins in: the first is ready and the others wait for it, or all are where they are independent. */
export const firstState = (ordinal: number, independent: boolean): 'ready' | 'waiting' =>
  ordinal === 0 || independent ? 'ready' : 'waiting'

/** Says why the steps behind one that did not succeed are cancelled. */
export const cancelledBy = (ordinal: number, state: StepState, reason: string): string =>
  `step ${ordinal + 1} is ${state}: ${reason}`

/** What the end of a plan makes of its lane. */
interface PlanEnd {
  /** It was carried out to its end: that is what people wanted; else they want it still. */
  readonly carriedOut: boolean
  /** What stopped it, for whoever asks what the lane waits for. */
  readonly waiting: string | null
  /** Why the lane is set aside. */
  readonly parked: string | null
}

/**
 * Ends a plan once none of its steps is left; null: some are. The lane is parked where one failed, but only where nothing new
 * has arrived in the meantime.
 */
export function endOfPlan(
  steps: readonly { readonly state: StepState; readonly reason: string | null }[],
  pending: number
): PlanEnd | null {
  if (steps.some(({ state }) => open.includes(state))) return null
  const reasonOf = (state: StepState) => steps.find((one) => one.state === state)?.reason ?? null
  return {
    carriedOut: steps.every(({ state }) => state === 'done'),
    waiting: reasonOf('refused'),
    parked: pending > 0 ? null : reasonOf('failed')
  }
}
