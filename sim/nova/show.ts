import { DEFAULT_IMAGE, type Port, type Server, type State } from '../state.ts'
import type { Call, Tree } from '../wire.ts'
import { microversion } from './wire.ts'

/** Nova's status of each state of its machine. */
export const STATUS = {
  ...{ building: 'BUILD', active: 'ACTIVE', stopped: 'SHUTOFF', resized: 'VERIFY_RESIZE', shelved: 'SHELVED' },
  ...{ shelved_offloaded: 'SHELVED_OFFLOADED', error: 'ERROR', deleted: 'DELETED' }
} as const

/** The ports of a server. */
export const portsOf = (state: State, server: Server): Port[] =>
  [...state.ports.values()].filter(({ deviceId }) => deviceId === server.id)

/** A server as the API shows it at the microversion that is asked for. */
export function showServer(state: State, call: Call, one: Server): Tree {
  const links = [{ rel: 'self', href: `${call.base}/v2.1/servers/${one.id}` }]
  if (state.cellDown && microversion(call) >= 69) {
    return {
      id: one.id,
      status: 'UNKNOWN',
      tenant_id: one.projectId,
      created: one.createdAt,
      links,
      security_groups: [{ name: 'default' }]
    }
  }
  const addresses: Record<string, Tree[]> = {}
  const shown = one.vmState === 'building' ? [] : portsOf(state, one)
  for (const port of shown) {
    const label = state.networks.get(port.networkId)?.name ?? ''
    const entry = (addr: string, kind: string) => ({
      ...{ version: addr.includes(':') ? 6 : 4, addr, 'OS-EXT-IPS:type': kind, 'OS-EXT-IPS-MAC:mac_addr': port.mac }
    })
    const floating = [...state.floatingIps.values()].filter(({ portId }) => portId === port.id)
    const entries = [
      ...port.fixedIps.map((ip) => entry(ip.ip_address, 'fixed')),
      ...floating.map(({ address }) => entry(address, 'floating'))
    ]
    addresses[label] = [...(addresses[label] ?? []), ...entries]
  }
  return {
    ...{
      id: one.id,
      name: one.name,
      status: STATUS[one.vmState],
      tenant_id: one.projectId,
      user_id: one.userId,
      metadata: one.metadata
    },
    ...{
      hostId: one.host,
      image: { id: one.imageId ?? DEFAULT_IMAGE, links: [] },
      flavor: showFlavor(call, one)
    },
    ...{
      created: one.createdAt,
      updated: one.updatedAt,
      addresses,
      accessIPv4: '',
      accessIPv6: '',
      links,
      'OS-DCF:diskConfig': 'MANUAL'
    },
    ...{
      'OS-EXT-AZ:availability_zone': 'nova',
      config_drive: '',
      key_name: one.keyName ?? null,
      'OS-SRV-USG:launched_at': one.launchedAt?.replace('Z', '.000000') ?? null
    },
    ...{
      'OS-EXT-STS:task_state': one.taskState,
      'OS-EXT-STS:vm_state': one.vmState,
      'OS-EXT-STS:power_state': one.vmState === 'active' ? 1 : 4
    },
    ...{
      'os-extended-volumes:volumes_attached': [],
      locked: one.locked,
      ...(microversion(call) >= 73 ? { locked_reason: one.lockedReason ?? null } : {}),
      description: null,
      tags: [],
      progress: 0,
      security_groups: [{ name: 'default' }]
    }
  }
}

/** Since 2.47 with what it is made of, before only by its id. */
function showFlavor(call: Call, { flavor }: Server): Tree {
  if (microversion(call) < 47)
    return { id: flavor.id, links: [{ rel: 'bookmark', href: `${call.base}/flavors/${flavor.id}` }] }
  const { name: original_name, vcpus, ram, disk } = flavor
  return { original_name, vcpus, ram, disk, ephemeral: 0, swap: 0, extra_specs: {} }
}
