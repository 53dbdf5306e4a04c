import { mark, sameRecords } from '../../core/ownership.ts'
import type { AppliedRow } from '../../store/policy-rows.ts'
import { claimsOf } from './claims.ts'
import { absolute, addressOfReverse, canonicalAddress } from './names.ts'
import type { AppliedRecordset } from './ownership.ts'
import { longestCovering } from './questions/recordsets-at.ts'
import type { WorldAnswer } from './questions/world.ts'
import type { DnsSettings } from './settings.ts'
import { floatingPtrScope, floatingPtrTarget, zoneScope } from './targets.ts'

/** One record that carries a mark of Stackreflex and that this journal does not hold as it is. */
export interface Adoptable {
  readonly row: AppliedRow
  readonly resources: readonly string[]
  /** One line for the operator. */
  readonly text: string
  /** Where the mark is another installation's: what has to be written anew. */
  readonly remark:
    | { readonly kind: 'recordset'; readonly zoneId: string; readonly id: string }
    | { readonly kind: 'floating-ptr'; readonly project: string; readonly id: string; readonly ptrdname: string }
    | null
}

/** Finds what `reflex adopt` can take over: by name, by address, or everything (null). Unmarked records are never adopted. */
export function adoptable(
  world: WorldAnswer,
  settings: DnsSettings,
  only: string | null,
  policy: string
): readonly Adoptable[] {
  const claims = world.resources.flatMap((resource) => claimsOf(resource, settings).claims)
  const ours = mark(world.installId)
  const wanted = (names: readonly string[]) =>
    only === null || names.includes(absolute(only)) || names.includes(canonicalAddress(only.replace(/\.$/, '')))
  const restingOn = (lane: string, records: readonly string[]) => {
    const of = (record: string) => claims.filter((claim) => claim.lane === lane && claim.record === record)
    return {
      by: Object.fromEntries(
        records.map((record) => [record, [...new Set(of(record).flatMap((claim) => claim.resources))].sort()])
      ),
      project: records.flatMap(of)[0]?.project ?? ''
    }
  }

  const recordsets = world.recordsets.flatMap(({ id, name, type, records, description }): Adoptable[] => {
    if (!description?.startsWith('stackreflex ') || !['A', 'AAAA', 'PTR'].includes(type)) return []
    const address = addressOfReverse(name)
    const lane = address === null ? `name:${name}` : `ptr:${address}`
    const zone = longestCovering(world.zones, name)
    if (zone === null || !wanted(address === null ? [name] : [name, address])) return []
    const target = `recordset/${settings.cloud}/${zone.name}/${name}/${type}`
    const held = world.applied.find((row) => row.target === target)?.value as AppliedRecordset | undefined
    if (held !== undefined && sameRecords(held.records, records) && description === ours) return []
    const { by, project } = restingOn(lane, records)
    return [
      {
        row: {
          target,
          scope: zoneScope(policy, zone.name),
          lane,
          value: { kind: 'recordset', zone: zone.name, name, type, records, by, project }
        },
        resources: [...new Set(Object.values(by).flat())],
        text: `${name} ${type} [${records.join(', ')}]`,
        remark: description === ours ? null : { kind: 'recordset', zoneId: zone.id, id }
      }
    ]
  })

  const ptrs = world.ptrs.flatMap(({ floatingIp, ptrdname, description }): Adoptable[] => {
    if (!description?.startsWith('stackreflex ') || ptrdname === null) return []
    const claim = claims.find((one) => one.type === 'PTR' && one.floatingIp === floatingIp)
    if (claim === undefined) return []
    const address = claim.lane.slice('ptr:'.length)
    const resource = claim.resources.at(-1)!
    const target = floatingPtrTarget(policy, resource)
    if (!wanted([address, absolute(ptrdname)]) || world.applied.some((row) => row.target === target)) return []
    const { by, project } = restingOn(claim.lane, [ptrdname])
    return [
      {
        row: {
          target,
          scope: floatingPtrScope(policy),
          lane: claim.lane,
          value: { kind: 'floating-ptr', resource, ptrdname, by, project }
        },
        resources: claim.resources,
        text: `PTR of floating IP ${address}: ${ptrdname}`,
        remark: description === ours ? null : { kind: 'floating-ptr', project: claim.project, id: floatingIp, ptrdname }
      }
    ]
  })
  return [...recordsets, ...ptrs]
}
