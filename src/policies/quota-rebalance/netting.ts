import type { Flow, Member } from './pool.ts'

/** What really changes hands: units from a giver (null: free capacity) to a receiver (null: free capacity). */
export interface Net {
  readonly from: Member | null
  readonly to: Member | null
  readonly units: number
}

/**
 * Nets out flows: who both gets and gives passes on what it gets: afterwards everybody only gives or only receives, so that one limit
 * changes once, and who shrinks for a growing limit is who really does.
 */
export function netOf(flows: readonly Flow[]): readonly Net[] {
  const ins = new Map<Member, Open[]>()
  const outs = new Map<Member, Open[]>()
  const all: Open[] = []
  const add = (net: Open) => {
    all.push(net)
    if (net.from !== null) push(outs, net.from, net)
    if (net.to !== null) push(ins, net.to, net)
  }
  for (const { from, to, units } of flows) if (from !== to) add({ from, to, units })
  for (const [member, came] of ins) {
    const went = outs.get(member)
    if (went === undefined) continue
    for (let i = 0, o = 0; i < came.length && o < went.length; ) {
      const [a, b] = [came[i]!, went[o]!]
      const units = Math.min(a.units, b.units)
      a.units -= units
      b.units -= units
      if (units > 0 && a.from !== b.to) add({ from: a.from, to: b.to, units })
      if (a.units === 0) i++
      if (b.units === 0) o++
    }
  }
  return all.filter(({ units }) => units > 0)
}

type Open = { -readonly [key in keyof Net]: Net[key] }

function push(lists: Map<Member, Open[]>, member: Member, net: Open): void {
  const list = lists.get(member)
  if (list === undefined) lists.set(member, [net])
  else list.push(net)
}
