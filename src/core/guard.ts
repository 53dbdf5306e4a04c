import type { Risk } from './action.ts'

/** How much of a population may be deleted in a sliding window. */
export interface DeleteLimit {
  /** Greatest share of our own population, 0 to 1. */
  readonly share: number
  /** Populations smaller than this are not limited by share. */
  readonly from: number
  readonly windowMs: number
}

/** What the guard must know of the journal; read inside the transaction that claims the step. */
export interface Usage {
  /** Deletes in this scope that were claimed within the window, this one not counted. */
  readonly deletes: number
  /** What we hold in this scope now. */
  readonly held: number
  /** When the oldest of those deletes leaves the window, in ms since the epoch; null when there is none. */
  readonly freesAt: number | null
}

export type Verdict =
  | { readonly verdict: 'proceed' }
  | { readonly verdict: 'refuse'; readonly rule: string; readonly reason: string }

/** Refuses deletes beyond a share of what we hold; the population is what there was when the window began. */
export function guard(step: { risk: Risk; scope: string }, usage: Usage, limit: DeleteLimit): Verdict {
  if (step.risk !== 'delete') return { verdict: 'proceed' }
  const population = usage.held + usage.deletes
  if (population < limit.from) return { verdict: 'proceed' }
  const allowed = Math.floor(population * limit.share)
  if (usage.deletes + 1 <= allowed) return { verdict: 'proceed' }
  const percent = Math.round(limit.share * 1000) / 10
  const free = usage.freesAt === null ? '' : `, or wait until ${new Date(usage.freesAt).toISOString()}`
  return {
    verdict: 'refuse',
    rule: 'delete-share',
    reason:
      `delete ${usage.deletes + 1} of ${population} in ${step.scope} within ${Math.round(limit.windowMs / 60_000)} min ` +
      `exceeds ${percent} % (${allowed} allowed, ${usage.deletes} used): ` +
      `raise limits.deletes.share if this is wanted${free}; the next sweep tries again`
  }
}
