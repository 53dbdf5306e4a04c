import { type Decision, type Hint, skip } from '../../core/policy.ts'
import type { LaneAbout } from '../../store/policy-rows.ts'
import { type Claim, claimsOf } from './claims.ts'
import type { ResourceAnswer } from './questions/resource-answer.ts'
import type { DnsSettings } from './settings.ts'

/**
 * Looks at one server, load balancer or floating IP and hints at every record lane that does not have of it what it should, or whose
 * state may change under our eyes. It never acts: the record's own lane reads again and decides, because a record may
 * rest on several resources.
 */
export function decideResource(answer: ResourceAnswer, about: readonly LaneAbout[], settings: DnsSettings): Decision {
  if (answer.status === 'unknown') return skip(`${answer.reason}: nothing is concluded from that`)
  const { claims, notes } = claimsOf(answer, settings)
  const hints = differing(answer.resource, answer.reason, claims, about)
  const reason =
    hints.length === 0
      ? `${answer.reason}: ${claims.length === 0 ? 'no records, none wanted' : 'its records are in order'}`
      : `${answer.reason}: a look at ${hints.map((hint) => hint.lane).join(', ')}`
  return skip(reason, { findings: notes, hints })
}

/** Finds the lanes where what we applied because of a resource is not what the resource should have. */
export function differing(
  resource: string,
  reason: string,
  claims: readonly Claim[],
  about: readonly LaneAbout[]
): readonly Hint[] {
  const own = claims.filter((claim) => claim.resources.includes(resource))
  const lanes = new Set([...own.map((claim) => claim.lane), ...about.map((lane) => lane.key)])
  const hints = [...lanes].sort().flatMap((lane) => {
    const known = about.find((one) => one.key === lane)
    const mine = own.filter((claim) => claim.lane === lane)
    const have = known === undefined ? [] : restingOn(known, resource)
    const want = mine.filter((claim) => !claim.keepOnly || have.includes(claim.record)).map((claim) => claim.record)
    const same = JSON.stringify([...new Set(want)].sort()) === JSON.stringify(have)
    // It was about this resource, which wants nothing of it any more: who was refused because of it may have it now.
    const over = known !== undefined && mine.length === 0 && have.length === 0
    if (same && known?.busy !== true && !over) return []
    return [{ lane, reason, resources: [...new Set([resource, ...mine.flatMap((claim) => claim.resources)])].sort() }]
  })
  // A PTR comes after its name, whose lane has it looked at once it has the address; what is to go goes at once.
  const asked = new Set(hints.map((hint) => hint.lane))
  const after = (lane: string) => {
    const address = lane.slice('ptr:'.length)
    const names = own.filter((claim) => claim.lane === lane).map((claim) => `name:${claim.name}`)
    const has = (name: string) => {
      const known = about.find((one) => one.key === name)
      return known !== undefined && restingOn(known, resource).includes(address)
    }
    return lane.startsWith('ptr:') && names.length > 0 && names.every((name) => asked.has(name) && !has(name))
  }
  return hints.filter((hint) => !after(hint.lane))
}

/** The records of a lane that rest on a resource, as last applied. */
function restingOn(lane: LaneAbout, resource: string): readonly string[] {
  const by = lane.applied.map((row) => (row.value as { by: Readonly<Record<string, readonly string[]>> }).by)
  return [...new Set(by.flatMap((one) => Object.keys(one).filter((record) => one[record]!.includes(resource))))].sort()
}
