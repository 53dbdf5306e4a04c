import type { SecurityGroupWall } from '../../../clients/neutron/security-groups.ts'
import type { CallOptions } from '../../../clients/openstack/cloud.ts'
import type { Tools } from '../../shared/tools.ts'

/** Name of the group without rules, one in each project that needed it. */
export const quarantineName = 'stackreflex-quarantine'

/** Finds our quarantine group of the project; a group of that name that somebody else made is not ours: its rules are not known to us. */
export async function findQuarantine(
  cloud: string,
  projectId: string,
  description: string,
  tools: Tools
): Promise<SecurityGroupWall | undefined> {
  const { network } = await tools.isolation(cloud)
  const by = { project_id: projectId, name: quarantineName, description }
  return (await network.listSecurityGroups({ by }))[0]
}

/**
 * Returns the id of our quarantine group, made where there is none, without any rule: Neutron gives a new one egress to everywhere, and
 * somebody of the project may have opened an older one.
 */
export async function ensureQuarantine(
  cloud: string,
  projectId: string,
  description: string,
  tools: Tools,
  call: CallOptions
): Promise<string> {
  const { network: doors } = await tools.remedies(cloud)
  const found = await findQuarantine(cloud, projectId, description, tools)
  if (found === undefined) await doors.createGroup(quarantineName, description, projectId, call)
  const group = found ?? (await findQuarantine(cloud, projectId, description, tools))
  if (group === undefined) throw new Error(`the security group ${quarantineName} of project ${projectId} is gone again`)
  for (const rule of group.rules) await doors.deleteRule(rule.id, call)
  return group.id
}
