import { amount, type Member, move, type Pool, roomBelowCeiling, spare } from './pool.ts'

/** What a member has of a request whose time is over, and owes to one other; in units. */
export interface Debt {
  readonly member: Member
  readonly request: string
  readonly to: string
  readonly owed: number
  left: number
  why: string
}

/** Lists what each member owes, oldest first; what is no whole bundle stays owed, and a finding says so. */
export function debtsOf(pool: Pool): readonly Debt[] {
  const debts: Debt[] = []
  for (const member of pool.members) {
    if (!member.cells.some(({ owes }) => owes.length > 0)) continue
    const requests = new Set(member.cells.flatMap(({ owes }) => owes.map(({ request }) => request)))
    for (const request of requests) debts.push(...debtsOfRequest(pool, member, request))
  }
  for (const { member, left } of debts) member.owing += left
  return debts
}

function debtsOfRequest(pool: Pool, member: Member, request: string): readonly Debt[] {
  const perCell = member.cells.map(({ owes }) => owes.find((one) => one.request === request)?.to ?? {})
  // Free capacity ('') comes last: other projects wait for what is theirs.
  const owners = [...new Set(perCell.flatMap(Object.keys))].sort()
  return [...owners.filter((to) => to !== ''), ...owners.filter((to) => to === '')].flatMap((to) => {
    const units = Math.min(...perCell.map((owed, n) => Math.floor((owed[to] ?? 0) / pool.sizes[n]!)))
    const rest = perCell.map((owed, n) => (owed[to] ?? 0) - units * pool.sizes[n]!)
    if (rest.some((one) => one > 0)) {
      const what = rest.flatMap((one, n) => (one > 0 ? [`${one} ${pool.resources[n]}`] : [])).join(', ')
      pool.findings.push(
        `request ${request}: ${member.project} owes ${what} that is no whole bundle (${amount(pool, 1)}): give it back by hand`
      )
    }
    return units > 0 ? [{ member, request, to, owed: units, left: units, why: '' }] : []
  })
}

/**
 * Gives back what is free above the low watermark, exactly, to whom it came from; to free capacity what nobody is there
 * for any more or has no room for below its ceiling. Where nothing may grow, only what came from free capacity.
 */
export function giveBack(pool: Pool, debts: readonly Debt[], mayGrow: boolean): void {
  if (debts.length === 0) return
  const byName = new Map(pool.members.map((member) => [member.project, member]))
  for (const debt of debts) {
    if (debt.left === 0) continue
    const to = byName.get(debt.to) ?? null
    debt.why = reason(debt, to, mayGrow)
    if (debt.why !== '') continue
    const units = Math.min(debt.left, spare(pool, debt.member, 'low'))
    const back = to === null ? 0 : Math.min(units, roomBelowCeiling(pool, to))
    const why = { cause: 'back', request: debt.request, owedTo: debt.to } as const
    if (back > 0) move(pool, { from: debt.member, to, units: back, ...why })
    if (units > back) move(pool, { from: debt.member, to: null, units: units - back, ...why })
    debt.left -= units
    debt.member.owing -= units
  }
}

function reason({ member }: Debt, to: Member | null, mayGrow: boolean): string {
  if (member.frozen !== null) return `${member.project} is left alone: ${member.frozen}`
  if (to === null) return ''
  if (to.frozen !== null) return `${to.project} is left alone: ${to.frozen}`
  return mayGrow ? '' : 'the limits together are above the capacity, so nothing may grow'
}

/** Says how much is still owed, and why. */
export function tellDebts(pool: Pool, debts: readonly Debt[]): void {
  for (const { member, request, to, owed, left, why } of debts) {
    if (left === 0) continue
    const whom = to === '' ? 'free capacity' : to
    const inUse = member.cells.map(({ used, low, limit, floor, kept, keptWhy = 'promised to other requests' }, n) => {
      const keeps = [
        ...(floor > used + low ? [`floor ${floor}`] : []),
        ...(kept > 0 ? [`${kept} of it kept: ${keptWhy}`] : [])
      ]
      return [`${used} ${pool.resources[n]} of ${limit} used, low watermark ${low}`, ...keeps].join(', ')
    })
    pool.findings.push(
      `request ${request}: its time is over, ${member.project} still owes ${amount(pool, left)} of ${amount(pool, owed)} ` +
        `to ${whom}: ${why === '' ? `not free (${inUse.join('; ')})` : why}`
    )
  }
}
