import { createHash } from 'node:crypto'
import type { Decision } from '../core/policy.ts'
import type { Event } from '../events/event.ts'
import type { ClaimedLane } from '../store/claims.ts'

/** Hashes the identity of a step: the same for the same step of the same decision, whoever carries it out. */
export function actionId(claim: ClaimedLane, ordinal: number): string {
  const key = [claim.policy, claim.key, claim.generation, claim.throughSeq, ordinal].join('\n')
  return createHash('sha256').update(key).digest('hex').slice(0, 32)
}

/** Returns the people who asked for what is planned in this lane, now or before: none of them may be the only one who approves it. */
export function planRequestersOf(
  { events, wishers }: ClaimedLane,
  { requesters = [] }: Decision,
  requestersOf: (event: Event) => readonly string[]
): readonly string[] {
  return [...new Set([...requesters, ...events.flatMap(requestersOf), ...wishers])]
}
