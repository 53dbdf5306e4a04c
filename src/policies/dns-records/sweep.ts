import type { Decision, Drift, Lane, SweepResult } from '../../core/policy.ts'
import { claimsOf } from './claims.ts'
import { reverseName } from './names.ts'
import { recordsetIn } from './ownership.ts'
import type { PtrLaneState } from './ptr-lane.ts'
import type { FloatingIpPtrAnswer } from './questions/floating-ip-ptr.ts'
import { longestCovering } from './questions/recordsets-at.ts'
import type { ResourceAnswer } from './questions/resource-answer.ts'
import type { WorldAnswer } from './questions/world.ts'
import type { RecordLaneState } from './record-lane-state.ts'
import type { DnsSettings } from './settings.ts'

type DecideLane = (
  lane: Lane,
  state: RecordLaneState,
  pointing: Pick<PtrLaneState, 'ptrs' | 'names'>,
  settings: DnsSettings
) => Decision

/**
 * Asks each record lane's own rules on the complete lists; a lane that would act is drift. Nothing is done here: the
 * lane reads again, narrowly, before it decides.
 */
export function compareRecords(
  world: WorldAnswer,
  settings: DnsSettings,
  decideLane: DecideLane,
  policy: string
): SweepResult {
  const busy = new Set(world.busy)
  const byResource = new Map(world.resources.map((one) => [one.resource, one]))
  const claims = world.resources.flatMap((one) => claimsOf(one, settings).claims)
  const resourcesOf = new Map<string, Set<string>>()
  const note = (lane: string, resources: readonly string[]) => {
    const known = resourcesOf.get(lane) ?? new Set()
    for (const resource of resources) known.add(resource)
    resourcesOf.set(lane, known)
  }
  for (const claim of claims) note(claim.lane, claim.resources)
  const rowsOf = Map.groupBy(world.applied, (row) => row.lane)
  for (const row of world.applied) note(row.lane, Object.values(recordsetIn(row).by).flat())
  const byFloatingIp = new Map(world.ptrs.map((ptr) => [ptr.floatingIp, ptr]))
  const at = recordsetsByName(world)

  const stateOf = (key: string, resources: readonly string[], name: string): RecordLaneState => ({
    resources: resources.map(
      (resource) => byResource.get(resource) ?? presumed(resource, resources, world, byResource)
    ),
    at: at(name),
    applied: { installId: world.installId, rows: rowsOf.get(key) ?? [] },
    // Which cluster bears a step is of no interest here: the lane decides.
    clusters: {}
  })
  /** The names that an address may point to. */
  const pointedTo = Map.groupBy(
    claims.filter((claim) => claim.type === 'PTR'),
    (claim) => claim.lane
  )
  const namesOf = (key: string) =>
    new Map(
      [...new Set((pointedTo.get(key) ?? []).map((claim) => claim.name))].map((name) => {
        const lane = `name:${name}`
        return [name, stateOf(lane, [...(resourcesOf.get(lane) ?? [])].sort(), name)] as const
      })
    )

  const drifts: Drift[] = []
  for (const [key, set] of resourcesOf) {
    const resources = [...set].sort()
    if (busy.has(key) || resources.some((resource) => busy.has(resource))) continue
    const name = key.startsWith('name:') ? key.slice('name:'.length) : reverseName(key.slice('ptr:'.length))
    const lane: Lane = { policy, key, resources }
    // Its name may change under our eyes.
    if ((pointedTo.get(key) ?? []).some((claim) => busy.has(`name:${claim.name}`))) continue
    const pointing = { ptrs: ptrsOf(resources, byFloatingIp), names: namesOf(key) }
    const decision = decideLane(lane, stateOf(key, resources, name), pointing, settings)
    if (decision.outcome !== 'act') continue
    drifts.push({
      lane: key,
      reason: `the sweep found: ${decision.reason}`,
      resources,
      // Designate says nothing about PTRs of floating IPs that others set.
      eventExists:
        !decision.steps.every((step) => step.type.startsWith('floating-ip-ptr')) &&
        !resources.some((resource) => silent(resource, byResource)),
      subjects: resources.map((resource) => resource.split('/')[2]!)
    })
  }
  const loadBalancers = world.resources.filter((one) => one.loadBalancer !== undefined).length
  const hosts = `${world.resources.length - loadBalancers} servers, ${settings.vip === undefined ? '' : `${loadBalancers} load balancers, `}`
  const read = `${hosts}${world.recordsets.length} recordsets in ${world.zones.length} zones, ${rowsOf.size} lanes of ours`
  return { read, drifts }
}

/**
 * A load balancer that Octavia sends no notifications about, or may not have: one that is gone does not tell any more who
 * its provider was.
 */
function silent(resource: string, byResource: ReadonlyMap<string, ResourceAnswer>): boolean {
  return resource.startsWith('loadbalancer/') && byResource.get(resource)?.loadBalancer?.notifies !== true
}

/** A resource that is in no list: gone as far as the complete lists tell; the lane's own read by id has the last word. */
function presumed(
  resource: string,
  lane: readonly string[],
  world: WorldAnswer,
  byResource: ReadonlyMap<string, ResourceAnswer>
): ResourceAnswer {
  const [kind, project = ''] = resource.split('/')
  const none = { resource, project, server: null, ports: [], floatingIps: [] }
  if (!world.projects.includes(project))
    return { ...none, status: 'unknown', reason: `project ${project} is none of the configured clusters'` }
  // A floating IP stands in the lists inside the entry of its server or load balancer.
  const host =
    kind !== 'floatingip'
      ? undefined
      : lane.map((one) => byResource.get(one)).find((one) => one?.floatingIps.some((fip) => fip.resource === resource))
  if (host !== undefined) return { ...host, resource }
  return { ...none, status: 'gone', reason: `${resource} is in none of the lists` }
}

/** The PTRs of the floating IPs among a lane's resources; one that is in no list is gone. */
function ptrsOf(
  resources: readonly string[],
  byFloatingIp: ReadonlyMap<string, FloatingIpPtrAnswer>
): readonly FloatingIpPtrAnswer[] {
  return resources.flatMap((resource) => {
    const [kind, , id = ''] = resource.split('/')
    if (kind !== 'floatingip') return []
    return [byFloatingIp.get(id) ?? { floatingIp: id, status: 'gone' as const, ptrdname: null, description: null }]
  })
}

/** What `recordsets-at` would answer for a name, out of the complete lists. */
function recordsetsByName(world: WorldAnswer) {
  const byName = Map.groupBy(world.recordsets, (one) => one.name)
  return (name: string) => {
    const zone = longestCovering(world.zones, name)
    const beside = ['a-', 'aaaa-', 'cname-'].flatMap((prefix) =>
      (byName.get(prefix + name) ?? []).filter((one) => one.type === 'TXT')
    )
    return { zone, recordsets: [...(byName.get(name) ?? []), ...beside], count: zone?.count ?? 0, quota: world.quota }
  }
}
