import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { listAll } from '../openstack/pages.ts'
import { askServer } from './ask-server.ts'

/** A server as Nova tells it. Of one in a down cell (`UNKNOWN`) only id, status, project and created are known. */
export interface Server {
  readonly id: string
  /** null: not known now (status `UNKNOWN`). */
  readonly name: string | null
  /** Nova's own word: `ACTIVE`, `BUILD`, `SHUTOFF`, `ERROR`, `UNKNOWN` (its cell is down), … */
  readonly status: string
  readonly projectId: string
  readonly metadata: Readonly<Record<string, string>>
  /** RFC 3339. */
  readonly created: string
  /** RFC 3339; null where status is `UNKNOWN`. */
  readonly updated: string | null
  /** From Nova's cache, seconds to a minute behind Neutron. */
  readonly addresses: readonly ServerAddress[]
}

/** One address of a server. */
export interface ServerAddress {
  /** Name of the network, not its id. */
  readonly network: string
  readonly address: string
  readonly version: 4 | 6
  readonly kind: 'fixed' | 'floating'
  readonly mac: string | null
}

/** The calls of Nova that DNS records need, as the project of the token. */
export interface Nova {
  /** null only when Nova itself says that this server does not exist (or is another project's). */
  getServer(id: string, call?: CallOptions): Promise<Server | null>
  /** All servers of the project, with `allProjects` (admin) of all; complete or an error. */
  listServers(options?: CallOptions & { readonly allProjects?: boolean; readonly pageSize?: number }): Promise<Server[]>
}

// From 2.69 a list contains the servers of a down cell as UNKNOWN instead of leaving them out.
const MICROVERSION = '2.69'

/** Makes the client of Nova on a connected cloud. */
export function createNova(cloud: Cloud): Nova {
  return {
    getServer: async (id, call) => {
      const found = await askServer(cloud, id, MICROVERSION, call)
      return found && readServer(found.answer, found.server, 'server')
    },
    listServers: ({ allProjects, pageSize, ...call } = {}) =>
      listAll(
        cloud,
        {
          ...call,
          service: 'compute',
          path: '/servers/detail',
          key: 'servers',
          next: 'servers_links',
          limit: pageSize,
          query: { all_tenants: allProjects ? 1 : undefined },
          microversion: MICROVERSION
        },
        readServer
      )
  }
}

function readServer(answer: ServiceAnswer, raw: unknown, where: string): Server {
  const server = fields(answer, raw, where)
  const status = server.text('status')
  const base = { id: server.text('id'), status, projectId: server.text('tenant_id'), created: server.text('created') }
  if (status === 'UNKNOWN')
    return { ...base, name: server.textOrNull('name'), updated: null, metadata: {}, addresses: [] }
  return {
    ...base,
    name: server.text('name'),
    updated: server.text('updated'),
    metadata: server.object('metadata') as Record<string, string>,
    addresses: Object.entries(server.object('addresses')).flatMap(([network, list]) =>
      (Array.isArray(list) ? list : []).map((one, index) => {
        const address = fields(answer, one, `${where}.addresses.${network}[${index}]`)
        return {
          network,
          address: address.text('addr'),
          version: address.number('version') === 6 ? 6 : 4,
          kind: address.textOrNull('OS-EXT-IPS:type') === 'floating' ? 'floating' : 'fixed',
          mac: address.textOrNull('OS-EXT-IPS-MAC:mac_addr')
        } as const
      })
    )
  }
}
