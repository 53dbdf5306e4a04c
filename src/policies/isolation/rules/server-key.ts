import type { Rule } from '../rule.ts'
import { aboutServers } from '../server.ts'
import { called } from '../world.ts'

/** Finds a server that was made with a key pair of another cluster. */
export const serverKey: Rule<'server'> = {
  ...aboutServers,
  name: 'server-key',
  severity: 'high',
  what: 'A server of a cluster was made with a key pair that is in another cluster’s `keys`',
  why: 'Whoever has that cluster’s key logs in here',
  events: ['compute.instance.create.end', 'compute.instance.rebuild.end'],
  proof: 'GET /v2.1/servers/{id}: key_name',
  judge(server, world) {
    const owner = world.clusterOf(server.projectId)
    const key = server.keyName
    if (owner === null || key === null || owner.settings.keys.includes(key)) return []
    const other = world.clusters.find((one) => one.settings.keys.includes(key))
    if (other === undefined) return []
    const summary = `server ${called(server)} of ${owner.name} was made with key ${key}, which is ${other.name}’s`
    return [{ detail: '', from: owner.name, to: other.name, summary, evidence: { server: server.id, key } }]
  }
}
