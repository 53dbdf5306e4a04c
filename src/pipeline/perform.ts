import type { Result } from '../core/action.ts'
import { failureOf, LeaseLost, mostTries, Stopped } from '../core/failure.ts'
import { requestIdOf } from '../core/request-id.ts'
import { ShareTaken } from '../core/work.ts'
import type { Tools } from '../policies/shared/tools.ts'
import type { ClaimedAction } from '../store/claims.ts'
import type { Parts } from './parts.ts'
import type { Shares } from './shares.ts'

// Before its lease is over: what came of it is still written down, and nobody else has begun.
const actMs = 57_000

/** What a step may see: the OpenStack of the cluster that bears it, else that of its policy. */
function toolsFor({ cluster, policy }: ClaimedAction, { tools, policies }: Parts): Tools {
  const bound = policies.find((one) => one.policy.name === policy)?.openstack ?? null
  const openstack = (cluster === null ? null : tools.openstackOf(cluster)) ?? bound
  return openstack === null ? tools : tools.within(openstack)
}

/** Performs a claimed step under its lease. Null when another process took the claim over, which then records it, or when its turn has not come. */
export async function perform(claimed: ClaimedAction, parts: Parts, shares: Shares): Promise<Result | null> {
  const { journal } = parts
  const action = parts.actions.find((one) => one.type === claimed.type)
  if (action === undefined)
    return { outcome: 'failed', reason: `this build has no action '${claimed.type}'`, called: false }
  let calls = 0
  try {
    const context = {
      tools: toolsFor(claimed, parts),
      target: claimed.target,
      scope: claimed.scope,
      requestId: requestIdOf(claimed.id),
      installId: parts.installId,
      sleep: parts.sleep,
      beforeChange: async () => {
        const may = await journal.mayCall(claimed)
        // A call that could outlive the claim might change something that another process decides about by then.
        if (may === null || may.leftMs < 5000) throw new LeaseLost(claimed.id)
        if (may.stops.length > 0)
          throw new Stopped(`stopped by ${may.stops.map(({ by }) => by).join(', ')} before its call was made`)
        calls++
        return Math.min(may.leftMs - 4000, 30_000)
      }
    }
    const result = await shares.run(claimed.seq, actMs, () => action.perform(claimed.input, context))
    if (result.outcome !== 'retry' || claimed.attempt < mostTries) return result
    return { outcome: 'stale', reason: `given up after ${claimed.attempt} tries (${result.reason}): decided again` }
  } catch (error) {
    if (error instanceof LeaseLost) return null
    // Tries are counted: those that waited for others must not use up what a rollout needs to be watched to its end.
    if (error instanceof ShareTaken && calls === 0) {
      await journal.giveBackAction(claimed, error.message)
      return null
    }
    // The next claim meets the guard, which interrupts the plan.
    if (error instanceof Stopped) return { outcome: 'retry', reason: error.message, afterMs: 0, called: calls > 0 }
    const { message, retryable, retryAfterMs, overtaken } = failureOf(error)
    // What never got as far as the look was not sent: its service is left alone, gave no token, could not be reached.
    const called = calls > 0
    if (overtaken) return { outcome: 'stale', reason: message }
    if (retryable) return { outcome: 'retry', reason: message, afterMs: retryAfterMs, called }
    return { outcome: 'failed', reason: message, called }
  }
}
