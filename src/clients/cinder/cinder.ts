import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { itemNotFound } from '../openstack/item-not-found.ts'
import { listAll } from '../openstack/pages.ts'

/** A volume as its own project sees it. */
export interface Volume {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly projectId: string
  /** Cinder's own word: `available`, `in-use`, `error`, `reserved`, … */
  readonly status: string
  /** How many servers and hosts it is attached to. */
  readonly attachments: number
  readonly metadata: Readonly<Record<string, string>>
  /** RFC 3339. */
  readonly createdAt: string
  /** RFC 3339; null: nothing has changed since it was created. */
  readonly updatedAt: string | null
}

export interface Cinder {
  /** null only when Cinder itself says that this volume does not exist (or is another project's). */
  getVolume(id: string, call?: CallOptions): Promise<Volume | null>
  /** All volumes of the project; complete or an error. */
  listVolumes(options?: CallOptions & { readonly pageSize?: number }): Promise<Volume[]>
}

export function createCinder(cloud: Cloud): Cinder {
  return {
    getVolume: async (id, call) => {
      try {
        const answer = await cloud.request('block-storage', 'GET', `/volumes/${encodeURIComponent(id)}`, { ...call })
        return readVolume(answer, fields(answer, answer.body, 'the answer').value('volume'), 'volume')
      } catch (error) {
        if (itemNotFound(error, id)) return null
        throw error
      }
    },
    listVolumes: ({ pageSize, ...call } = {}) => {
      const page = { service: 'block-storage', path: '/volumes/detail', key: 'volumes', next: 'volumes_links' } as const
      return listAll(cloud, { ...call, ...page, limit: pageSize, query: {} }, readVolume)
    }
  }
}

function readVolume(answer: ServiceAnswer, raw: unknown, where: string): Volume {
  const volume = fields(answer, raw, where)
  const updatedAt = volume.textOrNull('updated_at')
  return {
    id: volume.text('id'),
    name: volume.textOrNull('name') ?? '',
    description: volume.textOrNull('description') ?? '',
    projectId: volume.text('os-vol-tenant-attr:tenant_id'),
    status: volume.text('status'),
    attachments: volume.list('attachments').length,
    metadata: volume.object('metadata') as Record<string, string>,
    createdAt: utc(volume.text('created_at')),
    updatedAt: updatedAt === null ? null : utc(updatedAt)
  }
}

/** Cinder writes UTC without saying so. */
const utc = (time: string): string => (/(Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`)
