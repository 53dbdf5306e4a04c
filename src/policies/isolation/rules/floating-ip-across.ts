import { aboutFloatingIps } from '../floating-ip.ts'
import type { Rule } from '../rule.ts'
import { whom } from '../world.ts'

/** Finds a floating IP of one project on a port of another. */
export const floatingIpAcross: Rule<'floating-ip'> = {
  ...aboutFloatingIps,
  name: 'floating-ip-across',
  severity: 'high',
  mode: 'enforce',
  what: 'A floating IP of one project is on a port of another, and one of them is a cluster’s',
  why: 'Who holds the address decides where its traffic goes, and can take it away from the cluster that relies on it',
  judge(floatingIp, world) {
    const { id, address, projectId, portId, portProjectId } = floatingIp
    // A port whose project is not said may be anybody's, and its own as well.
    if (portId === null || (portProjectId === projectId && projectId !== null)) return []
    const [owner, user] = [world.holderOf(projectId), world.holderOf(portProjectId)]
    const bearer = world.clusterOf(portProjectId) ?? world.clusterOf(projectId)
    if (bearer === null) return []
    const summary = `floating IP ${address} of ${whom(owner)} is on port ${portId} of ${whom(user)}`
    const evidence = { floatingIp: id, address, project: projectId, port: portId, portProject: portProjectId }
    return [{ detail: '', from: bearer.name, to: bearer.name === user ? owner : user, summary, evidence }]
  }
}
