import { type Tree, tree } from '../wire.ts'
import type { OperatorTools } from './operator-storage.ts'

/** What people do to the walls between projects: within the rules, and against them. */
export interface WallOperator {
  createSecurityGroup(wanted: { name: string; project?: string }): Promise<{ id: string }>
  /** TCP on one port, from a range. */
  openPort(groupId: string, wanted: { port: number; from: string; project?: string }): Promise<{ id: string }>
  deleteSecurityGroup(id: string): Promise<void>
  /** Lets another project use the network of that name. */
  shareNetwork(network: string, wanted: { from: string; to: string }): Promise<{ id: string }>
  /** Made of nothing, and seen by its project alone. */
  createImage(wanted: { name: string; project?: string }): Promise<{ id: string }>
  deleteImage(id: string): Promise<void>
  /** Of the project's own user, for thirty days. */
  createApplicationCredential(wanted: { name: string; project?: string }): Promise<{ id: string }>
}

const thirtyDaysMs = 30 * 86_400_000

export function createWallOperator({ state, call, projectOf, networkId }: OperatorTools): WallOperator {
  const idOf = (made: Tree, key: string) => ({ id: String(tree(made[key]).id) })
  const projectId = (name: string) => [...state.projects.values()].find((one) => one.name === name)!.id

  return {
    createSecurityGroup: async ({ name, project = 'dev' }) =>
      idOf(
        await call(project, 'POST', '/network/v2.0/security-groups', { security_group: { name } }),
        'security_group'
      ),
    openPort: async (groupId, { port, from, project = 'dev' }) => {
      const rule = { security_group_id: groupId, direction: 'ingress', protocol: 'tcp', remote_ip_prefix: from }
      const ports = { ethertype: from.includes(':') ? 'IPv6' : 'IPv4', port_range_min: port, port_range_max: port }
      const body = { security_group_rule: { ...rule, ...ports } }
      return idOf(await call(project, 'POST', '/network/v2.0/security-group-rules', body), 'security_group_rule')
    },
    deleteSecurityGroup: async (id) => {
      const project = projectOf('security group', state.securityGroups.get(id))
      await call(project, 'DELETE', `/network/v2.0/security-groups/${id}`)
    },
    shareNetwork: async (network, { from, to }) => {
      const share = { object_type: 'network', object_id: networkId(network), action: 'access_as_shared' }
      const body = { rbac_policy: { ...share, target_tenant: projectId(to) } }
      return idOf(await call(from, 'POST', '/network/v2.0/rbac-policies', body), 'rbac_policy')
    },
    createImage: async ({ name, project = 'dev' }) => {
      const image = { name, visibility: 'private', disk_format: 'raw', container_format: 'bare' }
      return { id: String((await call(project, 'POST', '/image/v2/images', image)).id) }
    },
    deleteImage: async (id) => {
      await call(projectOf('image', state.images.get(id)), 'DELETE', `/image/v2/images/${id}`)
    },
    createApplicationCredential: async ({ name, project = 'dev' }) => {
      const user = [...state.users.values()].find((one) => one.name === `${project}-user`)!.id
      const expires_at = new Date(Date.now() + thirtyDaysMs).toISOString().slice(0, 19)
      const body = { application_credential: { name, expires_at, roles: [{ name: 'member' }] } }
      const path = `/identity/v3/users/${user}/application_credentials`
      return idOf(await call(project, 'POST', path, body), 'application_credential')
    }
  }
}
