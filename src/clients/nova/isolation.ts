import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { listAll } from '../openstack/pages.ts'
import { askServer } from './ask-server.ts'

/** A server as isolation sees it. */
export interface ServerWall {
  readonly id: string
  readonly projectId: string
  /** `UNKNOWN`: its cell is down, and all below is empty. */
  readonly status: string
  readonly name: string
  readonly userId: string
  readonly locked: boolean
  /** The flavor's name when the server was made. */
  readonly flavor: string
  /** null: booted from a volume. */
  readonly imageId: string | null
  readonly keyName: string | null
  readonly metadata: Readonly<Record<string, string>>
}

/** The calls of Nova that isolation reads with, as an administrator. */
export interface ComputeIsolation {
  /** null only when Nova itself says that this server does not exist. */
  getServer(id: string, call?: CallOptions): Promise<ServerWall | null>
  /** All servers of one project, asked as an administrator; complete or an error. */
  listServers(projectId: string, options?: CallOptions & { readonly pageSize?: number }): Promise<ServerWall[]>
}

// 2.47: the flavor's name instead of a link; 2.69: servers of a down cell are listed as UNKNOWN.
const MICROVERSION = '2.69'

/** Makes the client of what isolation reads from Nova. */
export function createComputeIsolation(cloud: Cloud): ComputeIsolation {
  return {
    getServer: async (id, call) => {
      const found = await askServer(cloud, id, MICROVERSION, call)
      return found && readServer(found.answer, found.server, 'server')
    },
    listServers: (projectId, { pageSize, ...call } = {}) =>
      listAll(
        cloud,
        {
          ...call,
          service: 'compute',
          path: '/servers/detail',
          key: 'servers',
          next: 'servers_links',
          limit: pageSize,
          query: { all_tenants: 1, project_id: projectId },
          microversion: MICROVERSION
        },
        readServer
      )
  }
}

function readServer(answer: ServiceAnswer, raw: unknown, where: string): ServerWall {
  const server = fields(answer, raw, where)
  const base = { id: server.text('id'), projectId: server.text('tenant_id'), status: server.text('status') }
  if (base.status === 'UNKNOWN')
    return { ...base, name: '', userId: '', locked: false, flavor: '', imageId: null, keyName: null, metadata: {} }
  // '' where the server was booted from a volume.
  const image = server.value('image')
  return {
    ...base,
    name: server.text('name'),
    userId: server.text('user_id'),
    locked: server.flagOrFalse('locked'),
    flavor: fields(answer, server.value('flavor'), `${where}.flavor`).text('original_name'),
    imageId: image === '' || image === null ? null : fields(answer, image, `${where}.image`).text('id'),
    keyName: server.textOrNull('key_name'),
    metadata: server.object('metadata') as Record<string, string>
  }
}
