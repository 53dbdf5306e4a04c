import { fields, type Unsaid } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import { commonFields, optionalList, projectOf, type Timestamps, times, timestampOf } from './common-fields.ts'

/** An RBAC policy: it shares one object with a project, or with all. */
export interface RbacPolicy extends Unsaid {
  readonly id: string
  /** null: Neutron does not say. */
  readonly projectId: string | null
  readonly objectType: string
  readonly objectId: string
  readonly action: string
  /** A project's id, or `*`. */
  readonly target: string
}

/** A network, as far as isolation depends on it. */
export interface NetworkWall extends Unsaid {
  readonly id: string
  readonly name: string
  /** null: Neutron does not say. */
  readonly projectId: string | null
  readonly shared: boolean
  readonly external: boolean
  readonly portSecurityEnabled: boolean
  /** Of type flat, which Neutron gives to no project's own networks: an administrator made it. Left out: no, or not told. */
  readonly flat?: true
}

/** A subnet. */
export interface Subnet {
  readonly id: string
  readonly networkId: string
  readonly cidr: string
  /** RFC 3339; null: Neutron does not say. */
  readonly createdAt: string | null
}

/** A router, as far as isolation depends on it. */
export interface RouterWall extends Unsaid {
  readonly id: string
  readonly name: string
  /** null: Neutron does not say. */
  readonly projectId: string | null
  /** null: no gateway. */
  readonly externalNetworkId: string | null
}

/** A port, as far as isolation depends on it. */
export interface PortWall extends Unsaid, Timestamps {
  readonly id: string
  readonly name: string
  /** null: not said, as for what Neutron made for itself, e.g. the gateway port of a router. */
  readonly projectId: string | null
  readonly networkId: string
  readonly deviceId: string
  readonly deviceOwner: string
  readonly addresses: readonly string[]
  readonly subnetIds: readonly string[]
  readonly mac: string
  readonly portSecurityEnabled: boolean
  readonly allowedAddressPairs: readonly { readonly ip: string; readonly mac: string | null }[]
  readonly securityGroups: readonly string[]
}

/** What can be shared and is not looked into. */
export interface Owned extends Unsaid {
  readonly id: string
  readonly name: string
  /** null: Neutron does not say. */
  readonly projectId: string | null
}

/** An address group: addresses that rules of security groups name together. */
export interface AddressGroup extends Owned {
  readonly addresses: readonly string[]
}

/** A floating IP, as far as isolation depends on it. */
export interface FloatingIpWall extends Unsaid {
  readonly id: string
  /** null: Neutron does not say. */
  readonly projectId: string | null
  readonly address: string
  readonly networkId: string
  readonly portId: string | null
  readonly fixedAddress: string | null
  /** Whether ports of it are forwarded one by one; null: Neutron does not say it here, and has to be asked. */
  readonly forwards: boolean | null
}

/** One port of a floating IP that leads to a port of a server; such an address is on no port as a whole. */
export interface PortForwarding {
  readonly id: string
  readonly protocol: string
  readonly externalPort: number | null
  readonly internalPort: number | null
  readonly internalAddress: string
  /** null: Neutron does not say. */
  readonly internalPortId: string | null
}

/** Parses one port forwarding of a floating IP. */
export function parsePortForwarding(answer: ServiceAnswer, raw: unknown, where: string): PortForwarding {
  const one = fields(answer, raw, where)
  return {
    id: one.text('id'),
    protocol: one.textOrNull('protocol') ?? '',
    // Ranges, in newer releases, have other fields beside these.
    externalPort: one.numberOrNull('external_port'),
    internalPort: one.numberOrNull('internal_port'),
    internalAddress: one.textOrNull('internal_ip_address') ?? '',
    internalPortId: one.said('internal_port_id')
  }
}

/** Parses one RBAC policy. */
export function parseRbacPolicy(answer: ServiceAnswer, raw: unknown, where: string): RbacPolicy {
  const policy = fields(answer, raw, where)
  return {
    id: policy.text('id'),
    projectId: projectOf(policy),
    objectType: policy.text('object_type'),
    objectId: policy.text('object_id'),
    action: policy.said('action') ?? '',
    // The old name until 2025.1; newer services give both.
    target: policy.said('target_project', 'target_tenant') ?? '',
    ...policy.told()
  }
}

/** Parses one network. */
export function parseNetwork(answer: ServiceAnswer, raw: unknown, where: string): NetworkWall {
  const network = fields(answer, raw, where)
  return {
    ...commonFields(network),
    shared: network.flag('shared'),
    external: network.saidFlag('router:external'),
    // Without the extension every port has it, as far as the driver can.
    portSecurityEnabled: network.value('port_security_enabled') !== false,
    ...(network.value('provider:network_type') === 'flat' && { flat: true as const }),
    ...network.told()
  }
}

/** Parses one subnet. */
export function parseSubnet(answer: ServiceAnswer, raw: unknown, where: string): Subnet {
  const subnet = fields(answer, raw, where)
  return {
    id: subnet.text('id'),
    networkId: subnet.text('network_id'),
    cidr: subnet.text('cidr'),
    createdAt: timestampOf(subnet, 'created_at')
  }
}

/** Parses one router. */
export function parseRouter(answer: ServiceAnswer, raw: unknown, where: string): RouterWall {
  const router = fields(answer, raw, where)
  const gateway = router.value('external_gateway_info')
  const gatewayWhere = `${where}.external_gateway_info`
  return {
    ...commonFields(router),
    externalNetworkId:
      gateway === null || gateway === undefined ? null : fields(answer, gateway, gatewayWhere).textOrNull('network_id'),
    ...router.told()
  }
}

/** Parses one port. */
export function parsePort(answer: ServiceAnswer, raw: unknown, where: string): PortWall {
  const port = fields(answer, raw, where)
  const fixed = port.list('fixed_ips').map((ip, n) => fields(answer, ip, `${where}.fixed_ips[${n}]`))
  const [deviceId, deviceOwner] = [port.textOrNull('device_id') ?? '', port.textOrNull('device_owner') ?? '']
  // Both are empty where nothing uses it. Of one alone nobody knows what the port is: a server's, or Neutron's own.
  if ((deviceId === '') !== (deviceOwner === '')) port.notSaid(deviceId === '' ? 'device_id' : 'device_owner')
  return {
    ...commonFields(port),
    networkId: port.text('network_id'),
    deviceId,
    deviceOwner,
    addresses: fixed.map((ip) => ip.text('ip_address')),
    subnetIds: [...new Set(fixed.map((ip) => ip.text('subnet_id')))],
    mac: port.text('mac_address'),
    portSecurityEnabled: port.value('port_security_enabled') !== false,
    allowedAddressPairs: optionalList(port, 'allowed_address_pairs').map((pair, n) => {
      const one = fields(answer, pair, `${where}.allowed_address_pairs[${n}]`)
      return { ip: one.text('ip_address'), mac: one.textOrNull('mac_address') }
    }),
    securityGroups: optionalList(port, 'security_groups') as string[],
    ...times(port),
    ...port.told()
  }
}

/** Parses one address group. */
export function parseAddressGroup(answer: ServiceAnswer, raw: unknown, where: string): AddressGroup {
  const group = fields(answer, raw, where)
  return { ...commonFields(group), addresses: group.list('addresses') as string[], ...group.told() }
}

/** Parses one resource of which only the owner matters. */
export function parseOwned(answer: ServiceAnswer, raw: unknown, where: string): Owned {
  const one = fields(answer, raw, where)
  return { ...commonFields(one), ...one.told() }
}

/** Parses one floating IP. */
export function parseFloatingIp(answer: ServiceAnswer, raw: unknown, where: string): FloatingIpWall {
  const floatingIp = fields(answer, raw, where)
  const forwardings = floatingIp.value('port_forwardings')
  return {
    id: floatingIp.text('id'),
    projectId: projectOf(floatingIp),
    address: floatingIp.text('floating_ip_address'),
    networkId: floatingIp.text('floating_network_id'),
    portId: floatingIp.saidOrNone('port_id'),
    fixedAddress: floatingIp.saidOrNone('fixed_ip_address'),
    // Of the extension expose-port-forwarding-in-fip; without their ids.
    forwards: Array.isArray(forwardings) ? forwardings.length > 0 : null,
    ...floatingIp.told()
  }
}
