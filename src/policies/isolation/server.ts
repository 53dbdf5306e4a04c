import { serverQuarantine } from './actions/server-quarantine.ts'
import type { Rule } from './rule.ts'

/** What rules about how a server was made have in common: it cannot be made otherwise, so it is put away. */
export const aboutServers = {
  layer: 'project',
  kind: 'server',
  mode: 'approve',
  cuts: true,
  remedy: 'Quarantine: an own security group without rules on its ports, then locked and stopped; nothing is deleted',
  undo: 'Starts and unlocks it, and gives its ports their groups again',
  close({ id, projectId, status, locked }, _fact, world) {
    // It stays what it is in quarantine as well: it is not put there again and again.
    if (locked && status === 'SHUTOFF')
      return { none: 'it is locked and stopped already: delete it, make it anew, or exempt it' }
    const { name: cluster, projectId: project } = world.clusterOf(projectId)!
    return [world.step(serverQuarantine, { cluster, on: `server/${id}` }, { serverId: id, projectId: project })]
  }
} satisfies Partial<Rule<'server'>>
