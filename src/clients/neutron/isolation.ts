import type { CallOptions, Cloud, QueryValues } from '../openstack/cloud.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { getAll, getOne, inChunks, type NeutronReader } from './calls.ts'
import {
  type AddressGroup,
  type FloatingIpWall,
  type NetworkWall,
  type Owned,
  type PortForwarding,
  type PortWall,
  parseAddressGroup,
  parseFloatingIp,
  parseNetwork,
  parseOwned,
  parsePort,
  parsePortForwarding,
  parseRbacPolicy,
  parseRouter,
  parseSubnet,
  type RbacPolicy,
  type RouterWall,
  type Subnet
} from './forms.ts'
import { neutronExtensions } from './quotas.ts'
import { parseSecurityGroup, type SecurityGroupWall } from './security-groups.ts'

/** Filters of a list, by Neutron's own names; a list of values means any of them, an empty one means nothing at all. */
export interface NetworkFilter extends CallOptions {
  readonly by?: Readonly<Record<string, readonly string[] | string | boolean>>
  readonly pageSize?: number
}

type Get<Item> = (id: string, call?: CallOptions) => Promise<Item | null>
type List<Item> = (filter?: NetworkFilter) => Promise<Item[]>

/**
 * What keeps projects apart in Neutron, as an administrator sees it. `get…` is null only on Neutron's own 404 for the very
 * id; `list…` is complete or an error.
 */
export interface NetworkIsolation {
  readonly getRbacPolicy: Get<RbacPolicy>
  readonly listRbacPolicies: List<RbacPolicy>
  readonly getNetwork: Get<NetworkWall>
  readonly listNetworks: List<NetworkWall>
  readonly listSubnets: List<Subnet>
  readonly getRouter: Get<RouterWall>
  readonly listRouters: List<RouterWall>
  readonly getPort: Get<PortWall>
  readonly listPorts: List<PortWall>
  readonly getSecurityGroup: Get<SecurityGroupWall>
  readonly listSecurityGroups: List<SecurityGroupWall>
  readonly listAddressGroups: List<AddressGroup>
  readonly listAddressScopes: List<Owned>
  readonly listSubnetPools: List<Owned>
  readonly listQosPolicies: List<Owned>
  readonly getFloatingIp: Get<FloatingIpWall>
  readonly listFloatingIps: List<FloatingIpWall>
  /** The forwardings of one floating IP; none where this Neutron has no such thing. null: the floating IP is gone. */
  readonly listPortForwardings: (floatingIp: FloatingIpWall, call?: CallOptions) => Promise<PortForwarding[] | null>
}

/** Makes the client of what isolation reads from Neutron. */
export function createNetworkIsolation(cloud: Cloud): NetworkIsolation {
  let known: Promise<ReadonlySet<string>> | null = null
  /** They change only with Neutron's configuration; a failure is asked again. */
  function extensions(): Promise<ReadonlySet<string>> {
    if (known !== null) return known
    const asking = neutronExtensions(cloud)
    known = asking
    asking.catch(() => (known = null))
    return asking
  }

  function get<Item>(path: string, key: string, gone: string, read: NeutronReader<Item>): Get<Item> {
    return (id, call) => getOne(cloud, path, id, { key, gone, read }, call)
  }

  /** One of the filters may be long: it is asked for in parts. */
  function list<Item extends { id: string }>(path: string, key: string, read: NeutronReader<Item>): List<Item> {
    return async ({ by = {}, ...call } = {}) => {
      const [long] = Object.entries(by).sort(([, a], [, b]) => lengthOf(b) - lengthOf(a))[0] ?? []
      if (Object.values(by).some((values) => Array.isArray(values) && values.length === 0)) return []
      const values = long === undefined ? undefined : by[long]
      if (!Array.isArray(values)) return getAll(cloud, path, key, read, by as QueryValues, call)
      return inChunks(values, (chunk) => getAll(cloud, path, key, read, { ...by, [long!]: chunk } as QueryValues, call))
    }
  }

  return {
    getRbacPolicy: get('/rbac-policies', 'rbac_policy', 'RbacPolicyNotFound', parseRbacPolicy),
    listRbacPolicies: list('/rbac-policies', 'rbac_policies', parseRbacPolicy),
    getNetwork: get('/networks', 'network', 'NetworkNotFound', parseNetwork),
    listNetworks: list('/networks', 'networks', parseNetwork),
    listSubnets: list('/subnets', 'subnets', parseSubnet),
    getRouter: get('/routers', 'router', 'RouterNotFound', parseRouter),
    listRouters: list('/routers', 'routers', parseRouter),
    getPort: get('/ports', 'port', 'PortNotFound', parsePort),
    listPorts: list('/ports', 'ports', parsePort),
    getSecurityGroup: get('/security-groups', 'security_group', 'SecurityGroupNotFound', parseSecurityGroup),
    listSecurityGroups: list('/security-groups', 'security_groups', parseSecurityGroup),
    listAddressGroups: list('/address-groups', 'address_groups', parseAddressGroup),
    listAddressScopes: list('/address-scopes', 'address_scopes', parseOwned),
    listSubnetPools: list('/subnetpools', 'subnetpools', parseOwned),
    listQosPolicies: list('/qos/policies', 'policies', parseOwned),
    getFloatingIp: get('/floatingips', 'floatingip', 'FloatingIPNotFound', parseFloatingIp),
    listFloatingIps: list('/floatingips', 'floatingips', parseFloatingIp),
    listPortForwardings: async ({ id, portId, forwards }, call = {}) => {
      // Neutron lets an address be on a port, or have forwardings, and never both.
      if (forwards === false || (forwards === null && portId !== null)) return []
      if (forwards === null && !(await extensions()).has('floating-ip-port-forwarding')) return []
      const path = `/floatingips/${encodeURIComponent(id)}/port_forwardings`
      try {
        return await getAll(cloud, path, 'port_forwardings', parsePortForwarding, {}, call)
      } catch (error) {
        if (error instanceof OpenStackError && error.status === 404 && error.code === 'FloatingIPNotFound') return null
        throw error
      }
    }
  }
}

function lengthOf(values: readonly string[] | string | boolean): number {
  return Array.isArray(values) ? values.length : 0
}
