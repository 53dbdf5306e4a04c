import { type Flow, type Member, move, type Pool, spare, whole } from './pool.ts'

/** A row of members that give; what one may give must not grow while the row is used. */
export interface Giving {
  /** Units that all of them can give together. */
  readonly total: number
  /** Takes up to so many units, for one member or for nobody; says how many. */
  readonly take: (to: Member | null, most: number, why: Pick<Flow, 'cause' | 'request'>) => number
}

/**
 * Finds who can give without falling below this watermark: lowest priority first, by name in each, each of them to its end before the
 * next, in whole steps or exactly what is still needed.
 */
export function giving(pool: Pool, mark: 'low' | 'high', passOver: (member: Member) => boolean = () => false): Giving {
  const row: Member[] = []
  let total = 0
  for (const tier of pool.tiers) {
    for (const member of tier) {
      const units = whole(spare(pool, member, mark), pool.step)
      if (units === 0) continue
      row.push(member)
      total += units
    }
  }
  // Everybody before it has nothing left.
  let begin = 0
  const take: Giving['take'] = (to, most, why) => {
    let left = most
    for (let n = begin; n < row.length && left > 0; n++) {
      const from = row[n]!
      if (from === to || passOver(from)) continue
      const can = whole(spare(pool, from, mark), pool.step)
      const units = Math.min(left, can)
      if (units > 0) move(pool, { from, to, units, cause: why.cause, request: why.request })
      left -= units
      if (n === begin && units === can) begin++
    }
    return most - left
  }
  return { total, take }
}
