import { breachName as prefix } from '../clean.ts'
import { admin, dev, infra, type Stage } from '../stage.ts'
import type { User } from '../user.ts'
import { type Breach, exists } from './breach.ts'

export const newGroup = async (of: User, name: string): Promise<string> =>
  (await of.call('network', 'POST', '/security-groups', { security_group: { name: `${prefix}${name}` } }))
    .security_group.id

/** Answers the rule's id. */
export async function newRule(of: User, security_group_id: string, rule: object): Promise<string> {
  const security_group_rule = { security_group_id, direction: 'ingress', ethertype: 'IPv4', ...rule }
  return (await of.call('network', 'POST', '/security-group-rules', { security_group_rule })).security_group_rule.id
}

export const ssh = { protocol: 'tcp', port_range_min: 22, port_range_max: 22 }

/** A rule of a group, by content: made again it has another id. */
function byRule(
  rule: string,
  group: (stage: Stage) => Promise<string>,
  content: (stage: Stage) => Promise<object>
): Breach {
  return {
    rule,
    by: 'event',
    async ready(stage) {
      const [groupId, what] = await Promise.all([group(stage), content(stage)])
      let id = ''
      const matches = (one: Record<string, unknown>) =>
        Object.entries({ direction: 'ingress', ...what }).every(([key, value]) => one[key] === value)
      return {
        breaks: async () => {
          // Somebody who sees both projects: a remote group of another one is not there for dev's own user.
          const body = { security_group_id: groupId, direction: 'ingress', ethertype: 'IPv4', ...what }
          const by = 'remote_group_id' in what ? admin : dev
          const security_group_rule = { ...body, ...(by === admin && { tenant_id: stage.projects.dev }) }
          id = (await by.call('network', 'POST', '/security-group-rules', { security_group_rule })).security_group_rule
            .id
        },
        resource: () => groupId,
        closing: () => `DELETE /v2.0/security-group-rules/${id}`,
        isOpen: async () =>
          (await exists(admin.call('network', 'GET', `/security-groups/${groupId}`))) &&
          (await admin.call('network', 'GET', `/security-groups/${groupId}`)).security_group.security_group_rules.some(
            matches
          )
      }
    }
  }
}

const own = (name: string) => () => newGroup(dev, name)

export const grouping: readonly Breach[] = [
  byRule('security-group-open', own('open'), async () => ({ ...ssh, remote_ip_prefix: '0.0.0.0/0' })),
  byRule('security-group-other-cluster', own('other'), async () => ({ ...ssh, remote_ip_prefix: '10.30.0.0/16' })),
  byRule('security-group-remote-group', own('remote'), async () => ({
    ...ssh,
    remote_group_id: await newGroup(infra, 'theirs')
  })),
  byRule(
    'default-group-changed',
    async ({ projects }) =>
      (await dev.list('network', `/security-groups?name=default&project_id=${projects.dev}`, 'security_groups'))[0].id,
    async () => ({ ...ssh, remote_ip_prefix: '10.10.0.0/16' })
  )
]
