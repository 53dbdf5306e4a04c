import type { Query } from '../../../core/query.ts'
import type { AppliedRow } from '../../../store/policy-rows.ts'
import { defineQuestion } from '../../shared/define-question.ts'
import type { ClusterClients, Tools } from '../../shared/tools.ts'
import type { FloatingIpPtrAnswer } from './floating-ip-ptr.ts'
import { describeLoadBalancer, listOwn } from './load-balancer.ts'
import { networksCalled } from './networks-called.ts'
import { longestCovering, type RecordsetAnswer, recordsetAnswer } from './recordsets-at.ts'
import { describeServer } from './resource.ts'
import type { ResourceAnswer } from './resource-answer.ts'

/** Everything that a sweep of `dns-records` compares: complete, or the question fails. */
export interface WorldAnswer {
  /** Projects that were read completely. */
  readonly projects: readonly string[]
  readonly resources: readonly ResourceAnswer[]
  readonly zones: readonly { readonly id: string; readonly name: string; readonly count: number }[]
  readonly recordsets: readonly RecordsetAnswer[]
  readonly ptrs: readonly FloatingIpPtrAnswer[]
  readonly quota: number | null
  readonly installId: string
  readonly applied: readonly AppliedRow[]
  readonly busy: readonly string[]
}

type Params = {
  readonly policy: string
  readonly cloud: string
  readonly zones: readonly string[]
  readonly optOut: string
  readonly vips?: true
  readonly bare?: readonly string[]
}

/** Answers `world` with complete lists only: a page that fails fails the whole answer. */
export async function loadWorld(params: Params, tools: Tools): Promise<WorldAnswer> {
  // What is busy is read before and after: a lane that worked in between may look different without being drift.
  const before = await tools.journal.busyLanes(params.policy)
  const cloud = await tools.cloud(params.cloud)
  const clusters = await tools.clusters()
  const { bare = [] } = params
  const [perCluster, zones, quota, called] = await Promise.all([
    Promise.all(clusters.map((cluster) => loadCluster(cluster, tools, params))),
    cloud.designate.listZones().then((all) => all.filter((zone) => zone.projectId === cloud.projectId)),
    tools.recordsetQuota(cloud),
    networksCalled(bare, tools)
  ])
  const reverse = zones.filter((zone) => zone.name.endsWith('.arpa.'))
  const wanted = params.zones.flatMap((name) => longestCovering(zones, name) ?? [])
  const relevant = [...new Map([...wanted, ...reverse].map((zone) => [zone.id, zone])).values()]
  const perZone = await Promise.all(relevant.map((zone) => cloud.designate.listRecordsets(zone.id, {})))
  const [applied, installId, after] = await Promise.all([
    tools.journal.applied({ policy: params.policy }),
    tools.journal.installId(),
    tools.journal.busyLanes(params.policy)
  ])
  return {
    projects: clusters.map((cluster) => cluster.projectId),
    resources: perCluster
      .flatMap((one) => one.resources)
      .map((one) => (bare.length === 0 || one.ports.length === 0 ? one : { ...one, networksCalled: called })),
    zones: relevant.map((zone, i) => ({ id: zone.id, name: zone.name, count: perZone[i]!.length })),
    recordsets: perZone.flat().map(recordsetAnswer),
    ptrs: perCluster.flatMap((one) => one.ptrs),
    quota,
    installId,
    applied,
    busy: [...before, ...after]
  }
}

async function loadCluster(cluster: ClusterClients, tools: Tools, { optOut, vips }: Params) {
  const { nova, neutron, designate, projectId } = cluster
  const [servers, ports, floatingIps, ptrs, names, loadBalancers] = await Promise.all([
    nova.listServers(),
    neutron.listPorts({}),
    neutron.listFloatingIps({ projectId }),
    designate.listFloatingIpPtrs(),
    tools.networkNames(cluster),
    vips === true ? listOwn(cluster) : []
  ])
  const resources = [
    ...servers
      .filter((server) => server.projectId === projectId)
      .map((server) =>
        describeServer({ cluster, names, others: tools.clusterNames, server, ports, floatingIps, optOut })
      ),
    ...loadBalancers.map((loadBalancer) =>
      describeLoadBalancer({ cluster, names, others: tools.clusterNames, loadBalancer, floatingIps, optOut })
    )
  ]
  return {
    resources,
    ptrs: ptrs.map(
      (ptr): FloatingIpPtrAnswer => ({
        floatingIp: ptr.fipId,
        status: 'present',
        ptrdname: ptr.ptrdname,
        description: ptr.description
      })
    )
  }
}

/** Defines the question `world`; `worldQuery` makes its params. */
export const worldQuestion = defineQuestion('world', loadWorld)

/** Makes the query: what is there, all of it? With `vips` the load balancers too; without, Octavia is not asked. */
export function worldQuery(
  policy: string,
  cloud: string,
  zones: readonly string[],
  { optOut, vips, bare = [] }: { readonly optOut: string; readonly vips: boolean; readonly bare?: readonly string[] }
): Query<WorldAnswer, 'world'> {
  return worldQuestion({
    ...{ policy, cloud, zones, optOut },
    ...(vips && { vips }),
    ...(bare.length > 0 && { bare })
  })
}
