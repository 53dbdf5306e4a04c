import { giving } from './giving.ts'
import { amount, freeUnits, type Member, move, type Pool, roomBelowCeiling, whoIsCalm, whyNoRoom } from './pool.ts'

/** What people asked for a member, in units. */
export interface MemberWish {
  readonly member: Member
  readonly request: string
  readonly since: number
  readonly asked: number
  left: number
  why: string
}

/** Lists the members' requests, oldest first; by request and project where two are as old. Of a bundle, as many as its dearest resource asks for. */
export function wishesOf(pool: Pool): readonly MemberWish[] {
  const wishes: MemberWish[] = []
  for (const member of pool.members) {
    if (!member.cells.some(({ asked }) => asked.length > 0)) continue
    const own = new Map<string, { since: number; units: number }>()
    for (const [n, { asked }] of member.cells.entries()) {
      for (const { request, since, amount } of asked) {
        const one = own.get(request)
        const units = Math.ceil(amount / pool.sizes[n]!)
        own.set(request, {
          since: Math.min(since, one?.since ?? since),
          units: Math.max(units, one?.units ?? 0)
        })
      }
    }
    for (const [request, { since, units }] of own) {
      if (units > 0) wishes.push({ member, request, since, asked: units, left: units, why: '' })
    }
  }
  return wishes.sort(
    (a, b) => a.since - b.since || compare(a.request, b.request) || compare(a.member.project, b.member.project)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Serves requests one after another, exactly: from free capacity, from those above their high watermark, and then from those above their
 * low one. Who waits for something itself is passed over, and who got something keeps its high watermark with it: it asked because it
 * needs more. True: somebody has to wait because there is no more.
 */
export function serve(pool: Pool, wishes: readonly MemberWish[]): boolean {
  if (wishes.length === 0) return false
  const wants = wantsOf(pool, wishes)
  const waits = (member: Member) => member.waiting > 0
  const givings = [giving(pool, 'high', waits), giving(pool, 'low', (member) => waits(member) || hasPromise(member))]
  let lacking = false
  let calm: string | null = null
  for (const [n, wish] of wishes.entries()) {
    const want = wants[n]!
    if (want === 0) continue
    const { member, request } = wish
    const why = { cause: 'asked', request } as const
    let got = Math.min(want, Math.max(0, freeUnits(pool)))
    if (got > 0) move(pool, { from: null, to: member, units: got, ...why })
    for (const { take } of givings) got += take(member, want - got, why)
    member.promised += got
    wish.left -= got
    if (got === want) member.waiting--
    else {
      lacking = true
      calm ??= whoIsCalm(pool)
      wish.why = `there is no free capacity left, and nobody else has more than its low watermark, its floor and its promises${calm}`
    }
  }
  for (const { member } of wishes) member.waiting = 0
  return lacking
}

function hasPromise({ promised, cells }: Member): boolean {
  return promised > 0 || cells.some(({ kept }) => kept > 0)
}

/** What can come of each wish at all: nothing for the frozen, what is below the ceiling for the others. */
function wantsOf(pool: Pool, wishes: readonly MemberWish[]): readonly number[] {
  const rooms = new Map<Member, number>()
  return wishes.map((wish) => {
    const { member, left } = wish
    if (left === 0) return 0
    const room = member.frozen === null ? (rooms.get(member) ?? roomBelowCeiling(pool, member)) : 0
    const want = Math.min(left, room)
    rooms.set(member, room - want)
    if (want > 0) member.waiting++
    wish.why = ''
    if (member.frozen !== null) wish.why = `it is left alone: ${member.frozen}`
    else if (want < left) wish.why = whyNoRoom(pool, member).why
    return want
  })
}

/** Says who waits for how much, and why. */
export function tellWishes(pool: Pool, wishes: readonly MemberWish[]): void {
  for (const { member, request, asked, left, why } of wishes) {
    if (left === 0) continue
    pool.findings.push(
      `request ${request}: ${member.project} waits for ${amount(pool, left)} of ${amount(pool, asked)}: ${why}`
    )
  }
}
