/** Who wants a part: `most` of it, in proportion to `weight` while there is not enough for all. */
export interface Want {
  readonly most: number
  readonly weight: number
}

/**
 * Max-min fair by weight, in whole numbers: as if the one that has least for its weight got the next 1, again and again;
 * the first in the list where two have the same. The answer is in the order of the list.
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

  // Filled first is who wants least for its weight; who is reached before the level is known gets all it wants.
  const order = wants
    .map((_, n) => n)
    .sort((a, b) => compare(wants[a]!.most, wants[a]!, wants[b]!.most, wants[b]!) || a - b)
  let next = 0
  for (; next < order.length; next++) {
    const { most, weight } = wants[order[next]!]!
    if (most * weights > left * weight) break
    left -= most
    weights -= weight
  }
  const unfilled = order.slice(next)
  const level = left
  for (const n of unfilled) {
    shares[n] = Math.floor((level * wants[n]!.weight) / weights)
    left -= shares[n]!
  }
  unfilled.sort((a, b) => compare(shares[a]!, wants[a]!, shares[b]!, wants[b]!) || a - b)
  for (let n = 0; n < left; n++) shares[unfilled[n]!]! += 1
  return shares
}

/** Of two shares, by what they are for one unit of weight. */
function compare(share: number, { weight }: Want, other: number, { weight: otherWeight }: Want): number {
  return share * otherWeight - other * weight
}
