import { fairShare } from './fair-share.ts'
import { type Giving, giving } from './giving.ts'
import { freeUnits, headroom, type Member, move, type Pool, roomBelowCeiling, whole } from './pool.ts'

const itself = { cause: 'itself', request: null } as const

/** A member below its low watermark; its needs are in units, whole steps. */
interface Receiver {
  readonly member: Member
  /** Up to the low watermark. */
  readonly need: number
  /** On to the middle between the watermarks. */
  readonly more: number
  gets: number
}

/**
 * Brings who is below its low watermark up to it, and then, where there is enough for all of them, on to the middle between
 * its watermarks, so that its next quantum of usage does not wake it again. Higher priority first, equals share by weight.
 * It comes from free capacity, then from those above their high watermark. Nothing at all while nobody is below.
 */
export function fill(pool: Pool, options: { readonly toMiddle: boolean }): void {
  const tiers = receiversOf(pool)
  if (tiers.length === 0) return
  const row = giving(pool, 'high')
  const free = whole(Math.max(0, freeUnits(pool)), pool.step)
  let left = free + row.total
  for (const tier of tiers) left = share(pool, tier, left, 'need')
  if (options.toMiddle && left > 0) for (const tier of tiers) left = share(pool, tier, left, 'more')
  draw(pool, tiers, free, row)
}

/** Highest priority first. */
function receiversOf(pool: Pool): readonly (readonly Receiver[])[] {
  const tiers: Receiver[][] = []
  for (let t = pool.tiers.length - 1; t >= 0; t--) {
    const tier: Receiver[] = []
    for (const member of pool.tiers[t]!) {
      const receiver = member.short && member.frozen === null ? receiverOf(pool, member) : null
      if (receiver !== null) tier.push(receiver)
    }
    if (tier.length > 0) tiers.push(tier)
  }
  return tiers
}

function receiverOf(pool: Pool, member: Member): Receiver | null {
  let need = 0
  let middle = 0
  for (let n = 0; n < pool.sizes.length; n++) {
    const { low, high } = member.cells[n]!
    const has = headroom(pool, member, n)
    if (has >= low) continue
    const step = pool.sizes[n]! * pool.step
    // Who owes gets nothing above its low watermark: it would have to give that back.
    need = Math.max(need, member.owing > 0 ? Math.floor((low - has) / step) : Math.ceil((low - has) / step))
    const half = low + Math.floor((high - low) / 2)
    middle = Math.max(middle, Math.min(Math.ceil((half - has) / step), Math.floor((high - has) / step)))
  }
  if (need === 0) return null
  const room = Math.floor(roomBelowCeiling(pool, member) / pool.step)
  const most = Math.min(need, room)
  const more = member.owing > 0 ? 0 : Math.max(0, Math.min(middle, room) - most)
  return most === 0 ? null : { member, need: most * pool.step, more: more * pool.step, gets: 0 }
}

/** Shares what is left among equals in priority; says what is left then. */
function share(pool: Pool, tier: readonly Receiver[], left: number, which: 'need' | 'more'): number {
  const wants = tier.map((one) => ({ most: one[which] / pool.step, weight: one.member.weight }))
  const shares = fairShare(left / pool.step, wants)
  let shared = 0
  for (let n = 0; n < shares.length; n++) {
    const units = shares[n]! * pool.step
    tier[n]!.gets += units
    shared += units
  }
  return left - shared
}

function draw(pool: Pool, tiers: readonly (readonly Receiver[])[], free: number, row: Giving): void {
  for (const tier of tiers) {
    for (const { member, gets } of tier) {
      const units = Math.min(gets, free)
      if (units > 0) move(pool, { from: null, to: member, units, cause: 'itself', request: null })
      free -= units
      if (gets > units) row.take(member, gets - units, itself)
    }
  }
}
