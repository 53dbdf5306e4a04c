import { routerInterfaceRemove } from '../actions/router-interface.ts'
import type { RouterSubject } from '../questions/subjects.ts'
import type { Rule } from '../rule.ts'
import { called, outside, unknown, type World, whom } from '../world.ts'

/** Each interface with whose network it is on; those on networks that several may use are left out. */
const sides = (router: RouterSubject, world: World) =>
  router.interfaces.flatMap((one) => {
    const holder = world.networkHolder(one.networkId, one.networkProjectId)
    return holder === null ? [] : [{ ...one, holder }]
  })

/** Finds a router with interfaces on networks of two clusters, or on one that is not its own cluster's. */
export const routerTwoClusters: Rule<'router'> = {
  name: 'router-two-clusters',
  layer: 'network',
  kind: 'router',
  severity: 'critical',
  mode: 'enforce',
  cuts: true,
  what: 'A router has interfaces on networks of two clusters, or a cluster’s router on a network that is not the cluster’s',
  why: 'It forwards between them: nodes reach each other past every load balancer',
  events: ['router.interface.create'],
  proof: 'GET /v2.0/ports?device_id={router}&device_owner=network:router_interface',
  remedy: 'Removes the interfaces on networks that are not those of the router’s own cluster',
  undo: 'Adds the interface again, with the same address',
  judge(router, world) {
    const owner = world.clusterOf(router.projectId)
    const all = sides(router, world)
    const ofClusters = new Set(all.map((one) => one.holder).filter((one) => one !== outside && one !== unknown))
    if (owner === null && ofClusters.size < 2) return []
    return all
      .filter(({ holder }) => holder !== (owner?.name ?? outside))
      .map(({ portId, networkId, holder, subnetIds, addresses }) => ({
        detail: portId,
        // A foreign network is what lies open; where it is nobody's, the router's own cluster is.
        from: nobodys(holder) ? (owner?.name ?? outside) : holder,
        to: nobodys(holder) ? holder : (owner?.name ?? otherOf(holder, all)),
        summary: `router ${called(router)} of ${owner?.name ?? 'no cluster'} has an interface (${addresses.join(', ')}) on network ${networkId} of ${whom(holder)}`,
        evidence: { router: router.id, port: portId, network: networkId, subnets: subnetIds, addresses },
        ...world.unsure(
          'network',
          all.map((one) => one.networkId)
        )
      }))
  },
  close(router, { detail, from }, world) {
    const owner = world.clusterOf(router.projectId)
    if (owner === null)
      return { none: 'the router is no cluster’s: which of its clusters keeps it is for people to say' }
    const one = router.interfaces.find(({ portId }) => portId === detail)!
    // An interface is one port, and Neutron takes it away with all of its subnets.
    const subnetId = one.subnetIds[0]
    if (subnetId === undefined) return { none: `port ${detail} has no subnet: Neutron removes interfaces by subnet` }
    const about = { cluster: from, on: `router/${router.id}/${subnetId}` }
    return [world.step(routerInterfaceRemove, about, { routerId: router.id, portId: one.portId, subnetId })]
  }
}

const nobodys = (holder: string) => holder === outside || holder === unknown

const otherOf = (holder: string, all: readonly { readonly holder: string }[]): string =>
  all.find((one) => one.holder !== holder && !nobodys(one.holder))!.holder
