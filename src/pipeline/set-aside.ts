import { errorText } from '../base/error-text.ts'
import { failureOf } from '../core/failure.ts'
import { backoffMs } from '../core/retry.ts'
import type { ClaimedLane } from '../store/claims.ts'
import type { Parts } from './parts.ts'

/** Parks a lane that met a bug: nothing of this comes right by waiting, and no other lane has to do with it. */
export async function parkBug(
  claim: ClaimedLane,
  error: unknown,
  what: string,
  { journal, log, build }: Parts
): Promise<void> {
  const { policy, key } = claim
  const reason = `${what}: ${errorText(error)}`
  log.error({ err: error, policy, lane: key }, `${reason}: its lane is parked; please report this`)
  await journal.parkLane(claim, reason, build)
}

/** Postpones a lane whose state could not be read: never a reason to conclude anything. The lane waits, or parks where waiting will not help. */
export async function postpone(claim: ClaimedLane, error: unknown, parts: Parts): Promise<void> {
  const { message, retryable, retryAfterMs } = failureOf(error)
  parts.log.warn({ lane: claim.key, tries: claim.tries, retryable }, message)
  if (!retryable && claim.tries >= 3) return parts.journal.parkLane(claim, message, parts.build)
  const wait = Math.max(retryAfterMs ?? 0, backoffMs(claim.tries + 1, parts.random()))
  return parts.journal.postponeLane(claim, parts.now() + wait, message)
}
