import { giving } from './giving.ts'
import { freeUnits, type Pool } from './pool.ts'

/**
 * Shrinks limits that together are above the capacity, which is normal in an OpenStack that never shared: those above their high
 * watermark, lowest priority first, until it fits. Nothing grows before it does.
 */
export function shrinkToCapacity(pool: Pool): void {
  const before = Math.max(0, -freeUnits(pool))
  const row = giving(pool, 'high')
  row.take(null, before, { cause: 'over', request: null })
}

/** Reports limits that together are above the capacity, with the numbers. */
export function tellOverCapacity(pool: Pool): void {
  let shrunk = 0
  for (const { to, units } of pool.flows) if (to === null) shrunk += units
  for (const [n, resource] of pool.resources.entries()) {
    const capacity = pool.capacity[n]!
    const now = capacity - pool.free[n]!
    const before = now + shrunk * pool.sizes[n]!
    if (before <= capacity) continue
    const rest =
      now > capacity
        ? `${now - capacity} stay above: nobody else may go lower (high watermark, floor, promises, frozen). Raise the capacity, or lower limits by hand`
        : 'it fits then'
    pool.findings.push(
      `${resource}: the limits together are ${before}, the capacity is ${capacity}: nothing grows. ` +
        `${before - now} are taken from projects above their high watermark; ${rest}`
    )
  }
}
