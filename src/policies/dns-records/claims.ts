import { hostOf } from './host.ts'
import { canonicalAddress, fillTemplate, type Written, written } from './names.ts'
import type { FloatingIpPool } from './questions/floating-ip-answer.ts'
import type { PortAnswer, ResourceAnswer } from './questions/resource-answer.ts'
import { type AddressKind, type DnsSettings, isBare } from './settings.ts'

/** One record that a resource should have, and the lane that decides about it. */
export interface Claim {
  readonly lane: string
  /** The part of the settings that names it. */
  readonly kind: AddressKind
  readonly type: 'A' | 'AAAA' | 'PTR'
  /** The recordset's name; for PTR the address stands in the lane. */
  readonly name: string
  /** What the record says: an address, or for PTR a name. */
  readonly record: string
  /** Ids of the resources that it rests on: the server or load balancer, and the floating IP where there is one. */
  readonly resources: readonly string[]
  /** The floating IP's id where the PTR goes through Designate's reverse API. */
  readonly floatingIp: string | null
  readonly project: string
  /** Only what is there already stays; nothing new is made (a server or load balancer in ERROR). */
  readonly keepOnly: boolean
  /** RFC 3339; who came first holds a name. */
  readonly created: string
  /** The name before it became one of DNS: only claims that are equal here share a record. */
  readonly written: Written
}

/** The records that a resource should have, and why an address gets none. */
export interface Claims {
  readonly claims: readonly Claim[]
  /** Why an address, a server or a load balancer gets no record. */
  readonly notes: readonly string[]
}

/** Derives all records that a resource should have, by the settings. */
export function claimsOf(answer: ResourceAnswer, settings: DnsSettings): Claims {
  const host = hostOf(answer, settings)
  if ('none' in host) return { claims: [], notes: [host.none] }

  const claims: Claim[] = []
  const notes: string[] = host.keepOnly === null ? [] : [host.keepOnly]
  const base = { project: answer.project, keepOnly: host.keepOnly !== null, created: host.created }
  // A floating IP in front of a load balancer is named by `floating` as well: {server} is whoever stands behind it.
  const values = { server: host.name, loadbalancer: host.name, project: host.projectName, cluster: host.cluster }

  const add = (
    part: { zone: string; name: string },
    address: string,
    network: string,
    ptr: boolean | null,
    rest: Pick<Claim, 'kind' | 'resources' | 'floatingIp'> & { readonly keepOnly?: true }
  ) => {
    const all = { ...values, network, address, zone: part.zone }
    const filled = fillTemplate(part.name, all)
    if ('none' in filled) return notes.push(`${address}: ${filled.none}`)
    const own = { ...base, ...rest, written: written(part.name, all) }
    const type = address.includes(':') ? 'AAAA' : 'A'
    claims.push({ ...own, lane: `name:${filled.name}`, type, name: filled.name, record: address })
    if (ptr !== false)
      claims.push({
        ...{ ...own, lane: `ptr:${address}`, type: 'PTR', name: filled.name, record: filled.name },
        ...(ptr === null && { keepOnly: true })
      })
    return undefined
  }

  const bound = (port: PortAnswer) => (port.networkOwner == null ? null : `${port.networkOwner}/${port.networkName}`)
  // A bare name decides here only about the names of the server's own project.
  const listed = (networks: readonly string[], port: PortAnswer) =>
    networks.some((one) => ['*', port.network, bound(port)].includes(one) || (isBare(one) && one === port.networkName))
  /** null: nobody can tell yet, so that what stands stays and nothing new comes. */
  const pointed = (networks: readonly string[], port: PortAnswer): boolean | null => {
    if (networks.some((one) => ['*', port.network, bound(port)].includes(one))) return true
    // Whoever has a network may call it `prod/net`, or by another one's id.
    if (!isBare(port.networkName) || !networks.includes(port.networkName)) return false
    const called = answer.networksCalled?.[port.networkName]
    if (called === undefined) return true
    if ('none' in called) notes.push(called.none)
    else if (called.id !== port.network)
      notes.push(
        `network ${port.network} is called ${port.networkName} as well, and is not the one of ptrNetworks: no PTR`
      )
    return 'none' in called ? null : called.id === port.network
  }

  const own = settings[host.part]
  for (const port of own === undefined ? [] : answer.ports) {
    if (own!.networks !== undefined && !listed(own!.networks, port)) {
      notes.push(`network ${port.networkName} is not listed in ${host.part}.networks`)
      continue
    }
    const ptr = pointed(own!.ptrNetworks, port)
    if (port.unclear !== undefined) notes.push(stays(port.addresses, port.unclear))
    for (const address of port.addresses)
      add(own!, canonicalAddress(address), port.networkName, ptr, {
        kind: host.part,
        resources: [host.resource],
        floatingIp: null,
        ...(port.unclear !== undefined && { keepOnly: true })
      })
  }
  const { floating } = settings
  for (const one of floating === undefined ? [] : answer.floatingIps) {
    const port = answer.ports.find(({ id }) => id === one.port)
    const rest = { kind: 'floating', resources: [host.resource, one.resource], floatingIp: one.id } as const
    const pool = one.pool === undefined ? null : fromPool(one.pool, floating!.networks)
    if (pool?.no !== undefined) {
      notes.push(`${one.address}: ${pool.no}`)
      continue
    }
    const why = port?.unclear ?? pool?.unclear
    const unclear = why !== undefined
    if (unclear) notes.push(stays([one.address], why))
    const more = { ...rest, ...(unclear && { keepOnly: true as const }) }
    add(floating!, canonicalAddress(one.address), port?.networkName ?? '', floating!.ptr, more)
  }
  return { claims, notes }
}

/**
 * Whether a floating IP from there has a name. Whoever owns a network may make it external for themselves, with a subnet of any
 * addresses: those of others' floating IPs as well. null: it has.
 */
function fromPool(
  { network, name, owner, clusters }: FloatingIpPool,
  listed: readonly string[] | undefined
): { readonly no?: string; readonly unclear?: string } | null {
  if (listed?.some((one) => one === '*' || one === network || (owner !== null && one === `${owner}/${name}`)))
    return null
  if (owner === null) return { unclear: `Neutron does not say whose external network ${network ?? '(unknown)'} is` }
  if (listed !== undefined) return { no: `external network ${owner}/${name} is not listed in floating.networks` }
  return clusters
    ? {
        no: `external network ${name} (${network}) is ${owner}’s own: list ${owner}/${name} in floating.networks if it is meant`
      }
    : null
}

const stays = (addresses: readonly string[], why: string) =>
  `${addresses.join(', ') || 'no address'}: ${why}: keeps what it has, gets nothing new`
