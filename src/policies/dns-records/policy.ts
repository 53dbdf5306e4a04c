import type { Decision, Lane, Policy } from '../../core/policy.ts'
import { clustersQuestion } from '../shared/clusters.ts'
import { definePolicy, forEachOpenstack } from '../shared/define-policy.ts'
import { appliedQuestion, lanesAboutQuestion } from '../shared/journal-memory.ts'
import { resourceId } from '../shared/resource-id.ts'
import { floatingIpPtrSet } from './actions/floating-ip-ptr-set.ts'
import { floatingIpPtrUnset } from './actions/floating-ip-ptr-unset.ts'
import { recordsetDelete } from './actions/recordset-delete.ts'
import { recordsetSet } from './actions/recordset-set.ts'
import { decideName } from './name-lane.ts'
import { absolute, addressOfReverse, isInZone, reverseName } from './names.ts'
import { decidePtr, type PtrLaneState } from './ptr-lane.ts'
import { floatingIpPtrQuestion } from './questions/floating-ip-ptr.ts'
import { type NamesOfAnswer, namesOfQuery, namesOfQuestion } from './questions/names-of.ts'
import { recordsetsAtQuestion } from './questions/recordsets-at.ts'
import { resourceQuery, resourceQuestion } from './questions/resource.ts'
import { worldQuery, worldQuestion } from './questions/world.ts'
import type { RecordLaneState } from './record-lane-state.ts'
import { decideResource } from './resource-lane.ts'
import {
  bareNetworkNames,
  barePtrNetworks,
  checkDnsSettings,
  type DnsSettings,
  dnsSettingsSchema,
  zoneNames
} from './settings.ts'
import { compareRecords } from './sweep.ts'
import { ofInstance } from './targets.ts'

/**
 * Keeps Designate true: A, AAAA and PTR for servers, load balancers and floating IPs.
 *
 * | lane                                | looks at                          | then                            |
 * |-------------------------------------|-----------------------------------|---------------------------------|
 * | `server/…`, `loadbalancer/…`,       | the resource, what rests on it    | hints at the record lanes below |
 * | `floatingip/…` (an id)              |                                   |                                 |
 * | `name:web-1.dev.example.org.`       | its resources, the recordsets     | sets or deletes A and AAAA      |
 * | `ptr:10.0.0.5`                      | its resources, the PTR            | sets or deletes the PTR         |
 */
export const dnsRecords = forEachOpenstack('dns-records', (policyName) =>
  definePolicy({
    name: policyName,
    spans: true,
    kind: 'reconcile',
    settings: dnsSettingsSchema,
    questions: [
      ...[resourceQuestion, lanesAboutQuestion, recordsetsAtQuestion, appliedQuestion, clustersQuestion],
      ...[namesOfQuestion, floatingIpPtrQuestion, worldQuestion]
    ],
    actions: [recordsetSet, recordsetDelete, floatingIpPtrSet, floatingIpPtrUnset],
    check: checkDnsSettings,
    idle: bareNetworkNames,
    quietMs: 60,
    maxMs: 1000,

    lanes(event, settings) {
      const { data, project, subject, type } = event
      if (data.kind === 'server') {
        if (project === null || subject === null) return { none: 'the notification names no server and project' }
        if (data.state === 'building' && !type.endsWith('create.end'))
          return { none: 'still being built: its create.end follows' }
        return [resourceId('server', project, subject)]
      }
      if (data.kind === 'port') {
        if (!data.deviceOwner?.startsWith('compute:') || !data.deviceId) return { none: 'not a port of a server' }
        if (project === null) return { none: 'the notification names no project' }
        return [resourceId('server', project, data.deviceId)]
      }
      if (data.kind === 'floatingip') {
        if (project === null || subject === null) return { none: 'the notification names no floating IP and project' }
        return [resourceId('floatingip', project, subject)]
      }
      if (data.kind === 'loadbalancer') {
        if (settings.vip === undefined) return { none: 'settings.vip is not set: load balancers get no names' }
        if (project === null || subject === null) return { none: 'the notification names no load balancer and project' }
        return [resourceId('loadbalancer', project, subject)]
      }
      if (data.kind === 'recordset') return recordsetLanes(data.name, data.type, settings)
      return { none: 'says nothing about servers, addresses or records' }
    },

    needs(lane, settings) {
      const key = laneKey(lane.key)
      const asked = (resource: string) =>
        resourceQuery(resource, settings.optOut, settings.vip !== undefined, barePtrNetworks(settings))
      if (key.kind === 'resource')
        return { resource: asked(lane.key), about: lanesAboutQuestion({ policy: policyName, resource: lane.key }) }
      const name = key.kind === 'name' ? key.name : reverseName(key.address)
      const record = {
        at: recordsetsAtQuestion({ cloud: settings.cloud, name }),
        applied: appliedQuestion({ policy: policyName, lane: lane.key }),
        clusters: clustersQuestion({})
      }
      const each = eachOf(resourcesOf(lane), (resource) => resource, asked)
      const how = { optOut: settings.optOut, vips: settings.vip !== undefined, bare: barePtrNetworks(settings) }
      const isPtr = key.kind === 'ptr'
      const names = isPtr ? { names: namesOfQuery(policyName, settings.cloud, lane.resources, how) } : {}
      const ptrs = eachOf(isPtr ? floatingIpsOf(lane) : [], ptrOf, (resource) => floatingIpPtrQuestion({ resource }))
      return Object.assign(record, each, names, ptrs)
    },

    decide(lane, answers, settings) {
      if (answers.resource !== undefined) return decideResource(answers.resource, answers.about, settings)
      const { at, applied, clusters } = answers
      const state = { resources: resourcesOf(lane).map((resource) => answers[resource]!), at, applied, clusters }
      const ptrs = floatingIpsOf(lane).flatMap((resource) => answers[ptrOf(resource)] ?? [])
      const names = answers.names === undefined ? null : namesKnown(answers.names, state)
      return ofInstance(policyName, decideLane(lane, state, { ptrs, names }, settings))
    },

    sweep: {
      needs: (settings) => {
        const what = { optOut: settings.optOut, vips: settings.vip !== undefined, bare: barePtrNetworks(settings) }
        return { world: worldQuery(policyName, settings.cloud, zonesOf(settings), what) }
      },
      compare: (answers, settings) => compareRecords(answers.world, settings, decideLane, policyName)
    }
  })
)

/** A resource as lanes and answers call it. */
type Resource = `${'server' | 'loadbalancer' | 'floatingip'}/${string}`

// Lanes get their resources from the hints of resource lanes, which are called so.
const resourcesOf = ({ resources }: Lane) => resources as readonly Resource[]
const floatingIpsOf = (lane: Lane) => resourcesOf(lane).filter((one) => one.startsWith('floatingip/'))

/** What the answer about the PTR of a floating IP is called. */
const ptrOf = (resource: Resource): `ptr ${Resource}` => `ptr ${resource}`

/** A question about each resource, under a name of its own. */
const eachOf = <Name extends string, Asked>(
  resources: readonly Resource[],
  name: (resource: Resource) => Name,
  ask: (resource: Resource) => Asked
): { readonly [Each in Name]?: Asked } =>
  Object.fromEntries(resources.map((one) => [name(one), ask(one)])) as { [Each in Name]?: Asked }

/** Decides a record lane from state that is already at hand; the sweep asks the very rules that the lane will ask. */
function decideLane(
  lane: Lane,
  state: RecordLaneState,
  { ptrs, names }: Pick<PtrLaneState, 'ptrs' | 'names'>,
  settings: DnsSettings
): Decision {
  const key = laneKey(lane.key)
  if (key.kind === 'name') return decideName(lane, key.name, state, settings)
  if (key.kind === 'ptr') return decidePtr(lane, key.address, { ...state, ptrs, names }, settings)
  throw new Error(`'${lane.key}' is no record lane`)
}

/** What the lane of each name must know, of what the PTR's lane was answered. */
function namesKnown({ names, others }: NamesOfAnswer, state: RecordLaneState): ReadonlyMap<string, RecordLaneState> {
  const { installId } = state.applied
  const read = [...state.resources, ...others]
  return new Map(
    names.map(({ name, resources, applied, at, moving }) => {
      const own = read.filter((one) => resources.includes(one.resource))
      return [name, { resources: own, at, applied: { installId, rows: applied }, clusters: state.clusters, moving }]
    })
  )
}

type Key = { kind: 'resource' } | { kind: 'name'; name: string } | { kind: 'ptr'; address: string }

function laneKey(key: string): Key {
  if (key.startsWith('name:')) return { kind: 'name', name: key.slice('name:'.length) }
  if (key.startsWith('ptr:')) return { kind: 'ptr', address: key.slice('ptr:'.length) }
  return { kind: 'resource' }
}

/** Somebody changed a record: only names that could be ours are looked at. */
function recordsetLanes(
  name: string | null,
  type: string | null,
  settings: DnsSettings
): ReturnType<Policy<DnsSettings>['lanes']> {
  if (name === null || type === null) return { none: 'the notification names no recordset' }
  if (!['A', 'AAAA', 'CNAME', 'PTR', 'TXT'].includes(type)) return { none: `${type} records are not ours` }
  const fqdn = absolute(name)
  const address = addressOfReverse(fqdn)
  if (address !== null) return [`ptr:${address}`]
  return zonesOf(settings).some((zone) => isInZone(fqdn, zone))
    ? [`name:${fqdn}`]
    : { none: `${fqdn} lies in none of our zones` }
}

function zonesOf(settings: DnsSettings): readonly string[] {
  return zoneNames(settings).map(absolute)
}
