import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { itemNotFound } from '../openstack/item-not-found.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { listAll } from '../openstack/pages.ts'

/** A volume, as far as isolation depends on it. */
export interface VolumeWall {
  readonly id: string
  readonly name: string
  readonly projectId: string
  readonly status: string
  /** The type's name. */
  readonly typeName: string | null
  readonly encrypted: boolean
  readonly multiattach: boolean
  /** Ids of servers. */
  readonly attachedTo: readonly string[]
}

/** A volume type, as far as isolation depends on it. */
export interface VolumeTypeAccess {
  readonly id: string
  readonly name: string
  readonly public: boolean
  /** Its extra spec `multiattach` is `<is> True`. */
  readonly multiattach: boolean
}

/** Cinder as its administrator sees it. `get…` is null only on Cinder's own 404 for the very id. */
export interface StorageIsolation {
  getVolume(id: string, call?: CallOptions): Promise<VolumeWall | null>
  /** All volumes of one project; complete or an error. */
  listVolumes(projectId: string, options?: CallOptions & { readonly pageSize?: number }): Promise<VolumeWall[]>
  getType(id: string, call?: CallOptions): Promise<VolumeTypeAccess | null>
  /** Public and private ones; complete or an error. */
  listTypes(options?: CallOptions & { readonly pageSize?: number }): Promise<VolumeTypeAccess[]>
  /** Projects with access to a private type; null where the type is gone, or public. */
  typeAccess(id: string, call?: CallOptions): Promise<readonly string[] | null>
  /** Whether volumes of this type are encrypted. */
  typeEncrypted(id: string, call?: CallOptions): Promise<boolean>
}

/** Makes the client of what isolation reads from Cinder. */
export function createStorageIsolation(cloud: Cloud): StorageIsolation {
  async function get<Item>(
    path: string,
    id: string,
    read: (answer: ServiceAnswer) => Item,
    call: CallOptions | undefined
  ): Promise<Item | null> {
    try {
      return read(await cloud.request('block-storage', 'GET', path, { ...call }))
    } catch (error) {
      if (error instanceof OpenStackError && saysGone(error, id)) return null
      throw error
    }
  }

  const one = (answer: ServiceAnswer, key: string) => fields(answer, answer.body, 'the answer').value(key)
  const pages = <Key extends string>(key: Key, path: string) =>
    ({ service: 'block-storage', path, key, next: `${key}_links` }) as const
  return {
    getVolume: (id, call) =>
      get(
        `/volumes/${encodeURIComponent(id)}`,
        id,
        (answer) => readVolume(answer, one(answer, 'volume'), 'volume'),
        call
      ),
    listVolumes: (projectId, { pageSize, ...call } = {}) => {
      const query = { all_tenants: 1, project_id: projectId }
      return listAll(cloud, { ...call, ...pages('volumes', '/volumes/detail'), limit: pageSize, query }, readVolume)
    },
    getType: (id, call) =>
      get(
        `/types/${encodeURIComponent(id)}`,
        id,
        (answer) => readType(answer, one(answer, 'volume_type'), 'volume_type'),
        call
      ),
    // `None` is Cinder's own word for "both".
    listTypes: ({ pageSize, ...call } = {}) => {
      const query = { is_public: 'None' }
      return listAll(cloud, { ...call, ...pages('volume_types', '/types'), limit: pageSize, query }, readType)
    },
    typeAccess: (id, call) =>
      get(
        `/types/${encodeURIComponent(id)}/os-volume-type-access`,
        id,
        (answer) =>
          fields(answer, answer.body, 'the answer')
            .list('volume_type_access')
            .map((raw, n) => fields(answer, raw, `volume_type_access[${n}]`).text('project_id')),
        call
      ),
    // An empty object where it is not encrypted.
    typeEncrypted: async (id, call) => {
      const path = `/types/${encodeURIComponent(id)}/encryption`
      const read = (answer: ServiceAnswer) =>
        fields(answer, answer.body ?? {}, 'the answer').textOrNull('encryption_id') !== null
      return (await get(path, id, read, call)) ?? false
    }
  }
}

/** The second: asked who has access to a type that was made public meanwhile. */
function saysGone(error: OpenStackError, id: string): boolean {
  const { status, code, message } = error
  if (itemNotFound(error, id)) return true
  return status === 404 && code === 'itemNotFound' && message.includes('not available for public volume types')
}

function readVolume(answer: ServiceAnswer, raw: unknown, where: string): VolumeWall {
  const volume = fields(answer, raw, where)
  return {
    id: volume.text('id'),
    name: volume.textOrNull('name') ?? '',
    projectId: volume.text('os-vol-tenant-attr:tenant_id'),
    status: volume.text('status'),
    typeName: volume.textOrNull('volume_type'),
    encrypted: volume.flagOrFalse('encrypted'),
    multiattach: volume.flagOrFalse('multiattach'),
    attachedTo: volume
      .list('attachments')
      .flatMap((one, n) => fields(answer, one, `${where}.attachments[${n}]`).textOrNull('server_id') ?? [])
  }
}

function readType(answer: ServiceAnswer, raw: unknown, where: string): VolumeTypeAccess {
  const type = fields(answer, raw, where)
  const specs = type.value('extra_specs') as Record<string, unknown> | null | undefined
  return {
    id: type.text('id'),
    name: type.text('name'),
    public: type.flag('is_public'),
    multiattach: /^<is>\s*true$/i.test(String(specs?.multiattach ?? ''))
  }
}
