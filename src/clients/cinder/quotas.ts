import { fields } from '../openstack/answer-fields.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { listAll } from '../openstack/pages.ts'
import type { ServiceQuotas } from '../openstack/quota-service.ts'
import { readQuotaSet } from '../openstack/quota-set.ts'

/** Cinder's limits: totals, and `volumes_<type>`, `gigabytes_<type>`, `snapshots_<type>` by the type's name. */
export function cinderQuotas(cloud: Cloud): ServiceQuotas {
  const path = (projectId: string) => `/os-quota-sets/${encodeURIComponent(projectId)}`
  return {
    read: async (projectId, call) =>
      readQuotaSet(await cloud.request('block-storage', 'GET', path(projectId), { ...call, query: { usage: 'True' } })),
    write: async (projectId, limits, _before, call) => {
      const body = { quota_set: limits }
      const { requestId } = await cloud.request('block-storage', 'PUT', path(projectId), { ...call, body })
      return { requestId, kept: null }
    }
  }
}

/** Volume type id → name, complete; an administrator's: private types as well. */
export async function volumeTypes(cloud: Cloud, call?: CallOptions): Promise<ReadonlyMap<string, string>> {
  return new Map((await listVolumeTypes(cloud, call)).map(({ id, name }) => [id, name]))
}

/** A volume type, and which storage pools it can be placed on. */
export interface VolumeTypePools {
  readonly id: string
  readonly name: string
  /** What its pools call themselves: `volume_backend_name`, `pool_name`. Empty: any pool will do. */
  readonly pools: Readonly<Record<string, string>>
}

const POOL_NAMES = ['volume_backend_name', 'pool_name']

/** Lists every volume type, private ones as well; complete or an error. */
export function listVolumeTypes(cloud: Cloud, call?: CallOptions): Promise<VolumeTypePools[]> {
  const pages = { service: 'block-storage', path: '/types', key: 'volume_types', next: 'volume_type_links' } as const
  // Without it Cinder shows public types only.
  return listAll(cloud, { ...call, ...pages, query: { is_public: 'None' } }, (answer, raw, where) => {
    const type = fields(answer, raw, where)
    const specs = type.value('extra_specs') as Readonly<Record<string, unknown>> | null | undefined
    const named = POOL_NAMES.flatMap((key) => (typeof specs?.[key] === 'string' ? [[key, specs[key]] as const] : []))
    return { id: type.text('id'), name: type.text('name'), pools: Object.fromEntries(named) }
  })
}
