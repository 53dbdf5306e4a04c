import type { QuotaCell } from '../../../core/quota.ts'
import type { QuotaSet } from '../books.ts'
import { inBundles } from './bundles.ts'

/** The limits to shrink to, or why they cannot shrink. */
export type Target =
  | { readonly ok: true; readonly limits: Readonly<Record<string, number>> }
  | { readonly ok: false; readonly reason: string }

/** Computes how far the limits may go down now: never below usage and what is to be left free of it. */
export function shrunk(input: QuotaSet, now: Readonly<Record<string, QuotaCell>>): Target {
  const { changes, project } = input
  const freed = inBundles(input, (resource) => {
    const { from, to, leave } = changes[resource]!
    return Math.max(0, from - Math.max(to, now[resource]!.used + leave))
  })
  const limits = Object.fromEntries(
    Object.entries(freed).flatMap(([resource, by]) => (by > 0 ? [[resource, changes[resource]!.from - by]] : []))
  )
  if (Object.keys(limits).length > 0) return { ok: true, limits }
  const uses = Object.keys(changes).map((resource) => `${now[resource]!.used} of ${now[resource]!.limit} ${resource}`)
  return { ok: false, reason: `${project} uses ${uses.join(', ')} by now: there is nothing left to free` }
}
