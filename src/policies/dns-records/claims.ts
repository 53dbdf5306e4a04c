import type { ResourceAnswer } from '../../state/resource.ts'
import { canonicalAddress, fill } from './names.ts'
import type { DnsSettings } from './settings.ts'

/** One record that a resource should have, and the lane that decides about it. */
export interface Claim {
  readonly lane: string
  readonly kind: 'fixed' | 'floating'
  readonly type: 'A' | 'AAAA' | 'PTR'
  /** The recordset's name; for PTR the address stands in the lane. */
  readonly name: string
  /** What the record says: an address, or for PTR a name. */
  readonly record: string
  /** Ids of the resources that it rests on: the server, and the floating IP where there is one. */
  readonly resources: readonly string[]
  /** The floating IP's id where the PTR goes through Designate's reverse API. */
  readonly floatingIp: string | null
  readonly project: string
  /** Only what is there already stays; nothing new is made (a server in ERROR). */
  readonly keepOnly: boolean
  /** RFC 3339; who came first holds a name. */
  readonly created: string
}

export interface Claims {
  readonly claims: readonly Claim[]
  /** Why an address or a server gets no record. */
  readonly notes: readonly string[]
}

const wantedStatus = [
  'ACTIVE',
  'PAUSED',
  'SUSPENDED',
  'SHUTOFF',
  'SHELVED',
  'SHELVED_OFFLOADED',
  'RESIZE',
  'VERIFY_RESIZE',
  'REBUILD'
]

/** Statuses in which a server keeps its records and gets no new ones: it failed, or is on its way between wanted ones. */
const keepStatus = ['ERROR', 'REBOOT', 'HARD_REBOOT', 'MIGRATING', 'PASSWORD', 'RESCUE', 'REVERT_RESIZE']

/** All records that a resource should have, by the settings. */
export function claimsOf(answer: ResourceAnswer, settings: DnsSettings): Claims {
  const { server } = answer
  if (answer.status !== 'present' || server === null) return { claims: [], notes: [answer.reason] }
  if (server.optedOut)
    return { claims: [], notes: [`server ${server.name} opted out by its metadata ${settings.optOut}=off`] }
  const keepOnly = keepStatus.includes(server.status)
  if (!keepOnly && !wantedStatus.includes(server.status))
    return { claims: [], notes: [`server ${server.name} is ${server.status}: no records in this status`] }

  const claims: Claim[] = []
  const notes: string[] = keepOnly
    ? [`server ${server.name} is ${server.status}: keeps what it has, gets nothing new`]
    : []
  const base = { project: answer.project, keepOnly, created: server.created }
  const values = { server: server.name, project: server.projectName, cluster: server.cluster }

  const add = (
    part: { zone: string; name: string },
    address: string,
    network: string,
    ptr: boolean,
    rest: Pick<Claim, 'kind' | 'resources' | 'floatingIp'>
  ) => {
    const filled = fill(part.name, { ...values, network, address, zone: part.zone })
    if ('none' in filled) return notes.push(`${address}: ${filled.none}`)
    const type = address.includes(':') ? 'AAAA' : 'A'
    claims.push({ ...base, ...rest, lane: `name:${filled.name}`, type, name: filled.name, record: address })
    if (ptr)
      claims.push({ ...base, ...rest, lane: `ptr:${address}`, type: 'PTR', name: filled.name, record: filled.name })
    return undefined
  }

  const listed = (networks: readonly string[], port: { network: string; networkName: string }) =>
    networks.includes('*') || networks.includes(port.network) || networks.includes(port.networkName)

  const { fixed, floating } = settings
  for (const port of fixed === undefined ? [] : answer.ports) {
    if (fixed!.networks !== undefined && !listed(fixed!.networks, port)) {
      notes.push(`network ${port.networkName} is not listed in fixed.networks`)
      continue
    }
    const ptr = listed(fixed!.ptrNetworks, port)
    for (const address of port.addresses)
      add(fixed!, canonicalAddress(address), port.networkName, ptr, {
        kind: 'fixed',
        resources: [server.resource],
        floatingIp: null
      })
  }
  for (const one of floating === undefined ? [] : answer.floatingIps) {
    const network = answer.ports.find((port) => port.id === one.port)?.networkName ?? ''
    const rest = { kind: 'floating', resources: [server.resource, one.resource], floatingIp: one.id } as const
    add(floating!, canonicalAddress(one.address), network, floating!.ptr, rest)
  }
  return { claims, notes }
}
