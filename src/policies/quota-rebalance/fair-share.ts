/** Who wants a part: `most` of it, in proportion to `weight` while there is not enough for all. */
export interface Want {
  readonly most: number
  readonly weight: number
}

/**
 * Shares max-min fairly by weight: who wants less than its share gets all it wants, and leaves the rest to the others. In whole numbers:
 * everybody gets its exact share rounded down, and what remains goes to the largest fractions, to the first in the list where two are the
 * same. The answer is in the order of the list.
 */
export function fairShare(available: number, wants: readonly Want[]): readonly number[] {
  const shares = wants.map(({ most }) => most)
  let left = available
  let weights = 0
  let wanted = 0
  for (const { most, weight } of wants) {
    weights += weight
    wanted += most
  }
  if (wanted <= available) return shares

  // Water rises over all of them, and who wants least for its weight is full first.
  const order = wants
    .map((_, n) => n)
    .sort((a, b) => wants[a]!.most * wants[b]!.weight - wants[b]!.most * wants[a]!.weight)
  let full = 0
  for (; full < order.length; full++) {
    const { most, weight } = wants[order[full]!]!
    if (most * weights > left * weight) break
    left -= most
    weights -= weight
  }
  const level = left
  const unfilled = order.slice(full)
  const fractions = new Map<number, number>()
  for (const n of unfilled) {
    const exact = level * wants[n]!.weight
    shares[n] = Math.floor(exact / weights)
    fractions.set(n, exact % weights)
    left -= shares[n]!
  }
  unfilled.sort((a, b) => fractions.get(b)! - fractions.get(a)! || a - b)
  for (let n = 0; n < left; n++) shares[unfilled[n]!]! += 1
  return shares
}
