import { breachName as prefix } from '../clean.ts'
import { admin, dev, type Stage } from '../stage.ts'
import type { Breach, Ready } from './breach.ts'

const made = async (path: string, key: string, body: object): Promise<string> =>
  (await dev.call('network', 'POST', path, { [key]: { name: `${prefix}${key}`, ...body } }))[key].id

/** What dev owns and can share, by the type that RBAC policies name. */
const objects: Readonly<Record<string, { rule: string; make(): Promise<string> }>> = {
  network: { rule: 'rbac-shared-network', make: () => made('/networks', 'network', {}) },
  security_group: { rule: 'rbac-shared-security-group', make: () => made('/security-groups', 'security_group', {}) },
  subnetpool: {
    rule: 'rbac-shared-subnet-pool',
    make: () => made('/subnetpools', 'subnetpool', { prefixes: ['10.68.0.0/16'], default_prefixlen: 24 })
  },
  address_scope: {
    rule: 'rbac-shared-address-scope',
    make: () => made('/address-scopes', 'address_scope', { ip_version: 4 })
  },
  address_group: {
    rule: 'rbac-shared-address-group',
    make: () => made('/address-groups', 'address_group', { addresses: ['10.69.0.0/24'] })
  }
}

/** dev's own user shares something of dev with prod. */
const shares = Object.entries(objects).map(
  ([object_type, { rule, make }]): Breach => ({
    rule,
    by: 'event',
    async ready({ projects }: Stage): Promise<Ready> {
      const object_id = await make()
      let id = ''
      const share = { object_type, object_id, action: 'access_as_shared', target_tenant: projects.prod }
      return {
        breaks: async () => {
          id = (await dev.call('network', 'POST', '/rbac-policies', { rbac_policy: share })).rbac_policy.id
        },
        resource: () => id,
        closing: () => `DELETE /v2.0/rbac-policies/${id}`,
        isOpen: async () =>
          (await admin.list('network', `/rbac-policies?object_id=${object_id}`, 'rbac_policies')).length > 0
      }
    }
  })
)

/** `shared` is for administrators to set. */
const networkShared: Breach = {
  rule: 'network-shared',
  by: 'event',
  async ready() {
    const id = await made('/networks', 'network', {})
    return {
      breaks: () => admin.call('network', 'PUT', `/networks/${id}`, { network: { shared: true } }),
      resource: () => id,
      closing: () => `PUT /v2.0/networks/${id}`,
      isOpen: async () => (await admin.call('network', 'GET', `/networks/${id}`)).network.shared
    }
  }
}

const networkUnsecured: Breach = {
  rule: 'network-port-security-off',
  by: 'event',
  closes: false,
  async ready() {
    const id = await made('/networks', 'network', {})
    return {
      breaks: () => dev.call('network', 'PUT', `/networks/${id}`, { network: { port_security_enabled: false } }),
      resource: () => id,
      closing: () => '',
      isOpen: async () => !(await admin.call('network', 'GET', `/networks/${id}`)).network.port_security_enabled
    }
  }
}

export const sharing: readonly Breach[] = [...shares, networkShared, networkUnsecured]
