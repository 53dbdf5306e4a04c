import { type MemberWish, serve, tellWishes, wishesOf } from './asked.ts'
import { changesOf, entriesOf } from './changes.ts'
import { fill } from './fill.ts'
import { type Debt, debtsOf, giveBack, tellDebts } from './give-back.ts'
import type { BookEntry, Group, LimitChange, Rebalanced } from './model.ts'
import { shrinkToCapacity, tellOverCapacity } from './over-capacity.ts'
import type { Pool } from './pool.ts'
import { poolsOf } from './pools.ts'
import { tellShortages } from './shortages.ts'

/**
 * Computes which limits of a group change so that nobody is short while another has more than enough, and why. What people lent is given
 * back first, then people's requests are served, then shortages are filled. Every change in its order keeps the sum of the limits within
 * the capacity; after all of them a second call changes nothing.
 */
export function rebalance(group: Group): Rebalanced {
  const { pools, findings } = poolsOf(group)
  const shrinks: LimitChange[] = []
  const grows: LimitChange[] = []
  const entries: BookEntry[] = []
  const told = [...findings]
  for (const pool of pools) {
    settle(pool)
    const changes = changesOf(pool)
    for (const one of changes.shrinks) shrinks.push(one)
    for (const one of changes.grows) grows.push(one)
    for (const one of entriesOf(pool)) entries.push(one)
    for (const one of pool.findings) told.push(one)
  }
  for (const one of grows) shrinks.push(one)
  return { changes: shrinks, entries, findings: told }
}

function settle(pool: Pool): void {
  const over = pool.free.some((units) => units < 0)
  const debts = pool.people ? debtsOf(pool) : []
  const wishes = pool.people ? wishesOf(pool) : []
  if (over) {
    giveBack(pool, debts, false)
    shrinkToCapacity(pool)
    tellOverCapacity(pool)
    for (const wish of wishes) wish.why = 'the limits together are above the capacity, so nothing may grow'
  } else {
    moveUntilStill(pool, debts, wishes)
  }
  tellDebts(pool, debts)
  tellWishes(pool, wishes)
  tellShortages(pool, over)
}

/**
 * One thing makes way for another (what is given back is lent again), so it goes on until nothing moves any more, or nothing
 * of what people wait for has come twice: filling alone is at its end after once.
 */
function moveUntilStill(pool: Pool, debts: readonly Debt[], wishes: readonly MemberWish[]): void {
  const waiting = [...debts, ...wishes]
  const open = () => waiting.reduce((units, { left }) => units + left, 0)
  for (let idle = 0; idle < 2; ) {
    const before = { flows: pool.flows.length, open: open() }
    giveBack(pool, debts, true)
    const lacking = serve(pool, wishes)
    fill(pool, { toMiddle: !lacking })
    if (waiting.length === 0 || pool.flows.length === before.flows) return
    idle = open() < before.open ? 0 : idle + 1
  }
}
