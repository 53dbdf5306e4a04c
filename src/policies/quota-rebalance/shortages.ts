import { headroom, type Member, type Pool, roomBelowCeiling, whoIsCalm, whyNoRoom } from './pool.ts'

const NAMED = 5

/** Reports who stays below its low watermark after all, and why; one finding for each reason, not for each project. */
export function tellShortages(pool: Pool, over: boolean): void {
  const calm = pool.members.some(({ short }) => short) ? whoIsCalm(pool) : ''
  for (const [n, resource] of pool.resources.entries()) {
    const groups = new Map<string, { count: number; named: string[] }>()
    for (const member of pool.members) {
      if (!member.short) continue
      const short = member.cells[n]!.low - headroom(pool, member, n)
      if (short <= 0) continue
      const why = reason(pool, member, { lessThanStep: short < pool.sizes[n]! * pool.step, over, calm })
      const group = groups.get(why) ?? { count: 0, named: [] }
      if (group.count === 0) groups.set(why, group)
      group.count++
      if (group.count <= NAMED) group.named.push(`${member.project} by ${short}`)
    }
    for (const [why, { count, named }] of groups) {
      const more = count > NAMED ? ` and ${count - NAMED} more` : ''
      pool.findings.push(`${resource}: short of the low watermark are ${named.join(', ')}${more}: ${why}`)
    }
  }
}

interface How {
  readonly lessThanStep: boolean
  readonly over: boolean
  readonly calm: string
}

function reason(pool: Pool, member: Member, { lessThanStep, over, calm }: How): string {
  if (member.frozen !== null) return `left alone: ${member.frozen}`
  if (over) return 'the limits together are above the capacity, so nothing may grow'
  if (roomBelowCeiling(pool, member) < pool.step) {
    const room = whyNoRoom(pool, member)
    return room.calm ? room.why : 'at the ceiling'
  }
  if (member.owing > 0 && lessThanStep) return 'less than one step, and it owes to others'
  return `there is not enough free capacity, and nobody else is above its high watermark, its floor and its promises${calm}`
}
