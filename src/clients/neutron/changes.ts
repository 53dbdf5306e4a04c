import { fields } from '../openstack/answer-fields.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { type RequestId, sender } from '../openstack/send.ts'
import type { RuleWall } from './security-groups.ts'

/** An allowed address pair; null: the port's own MAC. */
export interface AddressPair {
  readonly ip: string
  readonly mac: string | null
}

/** What is changed of a port; what is left out stays. Neutron refuses port security off while groups or pairs are there. */
export interface PortChange {
  readonly deviceOwner?: string
  readonly portSecurityEnabled?: boolean
  readonly allowedAddressPairs?: readonly AddressPair[]
  readonly securityGroups?: readonly string[]
}

/** A port as it was, for making it again. */
export interface NewPort extends PortChange {
  /** null: it is not known whose the one was that this takes the place of. */
  readonly projectId: string | null
  readonly networkId: string
  readonly name: string
  readonly description: string
  readonly mac?: string
  readonly addresses: readonly string[]
}

/** What was created: its id, and the service's id of the call. */
export type Made = { readonly id: string; readonly requestId: RequestId }

/** Changes Neutron to close a breach, or to open it again, as its administrator. Every call throws the OpenStackError of Neutron. */
export interface NetworkRemedies {
  createRbacPolicy(
    policy: {
      readonly objectType: string
      readonly objectId: string
      readonly action: string
      readonly target: string
      readonly projectId: string | null
    },
    call: CallOptions
  ): Promise<Made>
  deleteRbacPolicy(id: string, call: CallOptions): Promise<RequestId>
  shareNetwork(id: string, shared: boolean, call: CallOptions): Promise<RequestId>
  addRouterInterface(routerId: string, portId: string, call: CallOptions): Promise<RequestId>
  removeRouterInterface(routerId: string, portId: string, call: CallOptions): Promise<RequestId>
  createPort(port: NewPort, call: CallOptions): Promise<Made>
  updatePort(id: string, change: PortChange, call: CallOptions): Promise<RequestId>
  deletePort(id: string, call: CallOptions): Promise<RequestId>
  createRule(rule: Omit<RuleWall, 'id'>, groupId: string, projectId: string | null, call: CallOptions): Promise<Made>
  deleteRule(id: string, call: CallOptions): Promise<RequestId>
  createGroup(name: string, description: string, projectId: string, call: CallOptions): Promise<Made>
  deleteGroup(id: string, call: CallOptions): Promise<RequestId>
  /** null: associated with nothing. */
  setFloatingIp(
    id: string,
    to: { readonly portId: string; readonly fixedAddress: string | null } | null,
    call: CallOptions
  ): Promise<RequestId>
}

/** Makes the client of the changes to Neutron that close a breach, or open it again. */
export function createNetworkRemedies(cloud: Cloud): NetworkRemedies {
  const send = sender(cloud, 'network')
  const at = encodeURIComponent

  async function make(path: string, key: string, value: unknown, call: CallOptions): Promise<Made> {
    const answer = await send('POST', path, { [key]: value }, call)
    const made = fields(answer, fields(answer, answer.body, 'the answer').value(key), key)
    return { id: made.text('id'), requestId: answer.requestId }
  }
  const put = async (path: string, body: unknown, call: CallOptions) => (await send('PUT', path, body, call)).requestId
  const remove = async (path: string, call: CallOptions) => (await send('DELETE', path, undefined, call)).requestId

  return {
    createRbacPolicy: ({ objectType, objectId, action, target, projectId }, call) => {
      // The old names of project and target: newer services take both.
      const policy = { object_type: objectType, object_id: objectId, action, target_tenant: target }
      return make('/rbac-policies', 'rbac_policy', { ...policy, tenant_id: projectId }, call)
    },
    deleteRbacPolicy: (id, call) => remove(`/rbac-policies/${at(id)}`, call),
    shareNetwork: (id, shared, call) => put(`/networks/${at(id)}`, { network: { shared } }, call),
    addRouterInterface: (routerId, portId, call) =>
      put(`/routers/${at(routerId)}/add_router_interface`, { port_id: portId }, call),
    removeRouterInterface: (routerId, portId, call) =>
      put(`/routers/${at(routerId)}/remove_router_interface`, { port_id: portId }, call),
    createPort: (port, call) => make('/ports', 'port', newPort(port), call),
    updatePort: (id, change, call) => put(`/ports/${at(id)}`, { port: portChange(change) }, call),
    deletePort: (id, call) => remove(`/ports/${at(id)}`, call),
    createRule: (rule, groupId, projectId, call) =>
      make('/security-group-rules', 'security_group_rule', newRule(rule, groupId, projectId), call),
    deleteRule: (id, call) => remove(`/security-group-rules/${at(id)}`, call),
    createGroup: (name, description, projectId, call) =>
      make('/security-groups', 'security_group', { name, description, tenant_id: projectId }, call),
    deleteGroup: (id, call) => remove(`/security-groups/${at(id)}`, call),
    setFloatingIp: (id, to, call) => {
      const fixed = to === null || to.fixedAddress === null ? {} : { fixed_ip_address: to.fixedAddress }
      return put(`/floatingips/${at(id)}`, { floatingip: { port_id: to?.portId ?? null, ...fixed } }, call)
    }
  }
}

function portChange({ deviceOwner, portSecurityEnabled, allowedAddressPairs, securityGroups }: PortChange) {
  return {
    ...(deviceOwner === undefined ? {} : { device_owner: deviceOwner }),
    ...(portSecurityEnabled === undefined ? {} : { port_security_enabled: portSecurityEnabled }),
    ...(securityGroups === undefined ? {} : { security_groups: securityGroups }),
    ...(allowedAddressPairs === undefined
      ? {}
      : {
          allowed_address_pairs: allowedAddressPairs.map(({ ip, mac }) => ({
            ip_address: ip,
            ...(mac === null ? {} : { mac_address: mac })
          }))
        })
  }
}

function newPort({ projectId, networkId, name, description, mac, addresses, ...change }: NewPort) {
  return {
    ...{ tenant_id: projectId, network_id: networkId, name, description },
    ...(mac === undefined ? {} : { mac_address: mac }),
    fixed_ips: addresses.map((ip_address) => ({ ip_address })),
    ...portChange(change)
  }
}

function newRule(rule: Omit<RuleWall, 'id'>, security_group_id: string, tenant_id: string | null) {
  const { direction, ethertype, protocol, portMin, portMax, remotePrefix, remoteGroupId, remoteAddressGroupId } = rule
  return {
    ...{ security_group_id, tenant_id, direction, ethertype, protocol },
    ...{ port_range_min: portMin, port_range_max: portMax },
    ...{ remote_ip_prefix: remotePrefix, remote_group_id: remoteGroupId },
    // A cloud without that extension refuses even its null.
    ...(remoteAddressGroupId === null ? {} : { remote_address_group_id: remoteAddressGroupId }),
    description: rule.description
  }
}
