import type { QuotaSet } from '../books.ts'

/**
 * Computes how much of each resource moves, when so much of each could: resources that only move together move by whole units of their
 * bundle, the scarcest of them deciding.
 */
export function inBundles(
  { changes, bundles }: Pick<QuotaSet, 'changes' | 'bundles'>,
  possible: (resource: string) => number
): Readonly<Record<string, number>> {
  const bundled = new Set(bundles.flatMap((bundle) => Object.keys(bundle)))
  const alone = Object.keys(changes)
    .filter((resource) => !bundled.has(resource))
    .map((resource) => [resource, possible(resource)] as const)
  const together = bundles.flatMap((bundle) => {
    const units = Math.min(
      ...Object.entries(bundle).map(([resource, unit]) =>
        changes[resource] === undefined ? 0 : Math.floor(possible(resource) / unit)
      )
    )
    return Object.entries(bundle)
      .filter(([resource]) => changes[resource] !== undefined)
      .map(([resource, unit]) => [resource, units * unit] as const)
  })
  return Object.fromEntries([...alone, ...together])
}
