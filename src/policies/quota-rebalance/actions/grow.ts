import type { QuotaCell } from '../../../core/quota.ts'
import type { QuotaSet } from '../books.ts'
import { inBundles } from './bundles.ts'
import type { Target } from './shrink.ts'

/** Computes how far the limits may go up now: by no more than what the limits of the whole group leave free of its capacity. */
export function grown(input: QuotaSet, group: readonly Readonly<Record<string, QuotaCell>>[]): Target {
  const { changes, project } = input
  const endless = Object.keys(changes).find((resource) => group.some((cells) => (cells[resource]?.limit ?? -1) < 0))
  if (endless !== undefined)
    return {
      ok: false,
      reason: `some project of the group has no limit of ${endless} by now: nothing is shared any more`
    }
  const free = (resource: string) =>
    changes[resource]!.capacity - group.reduce((sum, cells) => sum + cells[resource]!.limit, 0)
  const got = inBundles(input, (resource) => {
    const { from, to } = changes[resource]!
    return Math.max(0, Math.min(to - from, free(resource)))
  })
  const limits = Object.fromEntries(
    Object.entries(got).flatMap(([resource, by]) => (by > 0 ? [[resource, changes[resource]!.from + by]] : []))
  )
  if (Object.keys(limits).length > 0) return { ok: true, limits }
  const left = Object.keys(changes).map((resource) => `${free(resource)} of ${changes[resource]!.capacity} ${resource}`)
  return { ok: false, reason: `nothing was freed for ${project}: ${left.join(', ')} are free in the group` }
}
