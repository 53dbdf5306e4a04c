import type { Rule } from '../rule.ts'
import { aboutServers } from '../server.ts'
import { called } from '../world.ts'

/** Finds a server of a flavor that is not in its cluster's `flavors`. */
export const serverFlavor: Rule<'server'> = {
  ...aboutServers,
  name: 'server-flavor',
  severity: 'medium',
  what: 'A server of a cluster has a flavor that is not in its `flavors`',
  why: 'Flavors decide on which hosts a server runs (aggregates, dedicated CPUs): this one runs among others',
  events: ['compute.instance.create.end', 'compute.instance.finish_resize.end'],
  proof: 'GET /v2.1/servers/{id}: flavor',
  judge(server, world) {
    const owner = world.clusterOf(server.projectId)
    const allowed = owner?.settings.flavors ?? []
    const { flavor } = server
    if (owner === null || allowed.length === 0) return []
    if ([...allowed, ...world.settings.shared.flavors].includes(flavor)) return []
    const summary = `server ${called(server)} of ${owner.name} has flavor ${flavor}; allowed are ${allowed.join(', ')}`
    return [{ detail: '', from: owner.name, to: owner.name, summary, evidence: { server: server.id, flavor } }]
  }
}
