import { fields, type Unsaid } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { listAll } from '../openstack/pages.ts'

/** An image, as far as isolation depends on it. */
export interface ImageWall extends Unsaid {
  readonly id: string
  readonly name: string
  /** The project that owns it; null: nobody does, or Glance does not say. */
  readonly projectId: string | null
  readonly visibility: 'public' | 'community' | 'shared' | 'private'
  /** A snapshot of a server. */
  readonly snapshot: boolean
}

/** A project that an image is shared with, and whether it accepted. */
export interface ImageMember {
  readonly projectId: string
  /** `pending`, `accepted` or `rejected`; a pending one may use the image by its id already. */
  readonly status: string
}

/** Glance as its administrator sees it. */
export interface ImageIsolation {
  /** null only when Glance itself says that this image does not exist. */
  getImage(id: string, call?: CallOptions): Promise<ImageWall | null>
  /** All images of one owner, whatever their visibility, hidden ones as well; complete or an error. */
  listImages(projectId: string, options?: CallOptions & { readonly pageSize?: number }): Promise<ImageWall[]>
  /** By its id, else by its name; several may have the same. */
  findImages(name: string, call?: CallOptions): Promise<readonly ImageWall[]>
  /** With whom a shared image is shared; null where Glance says that it does not exist. Images that are not shared have none. */
  listMembers(id: string, call?: CallOptions): Promise<readonly ImageMember[] | null>
}

/** Makes the client of what isolation reads from Glance. */
export function createImageIsolation(cloud: Cloud): ImageIsolation {
  const pages = { service: 'image', path: '/images', key: 'images', next: 'next' } as const

  async function getImage(id: string, call?: CallOptions): Promise<ImageWall | null> {
    try {
      const answer = await cloud.request('image', 'GET', `/images/${encodeURIComponent(id)}`, { ...call })
      return readImage(answer, answer.body, 'the answer')
    } catch (error) {
      if (saysGone(error, id)) return null
      throw error
    }
  }

  return {
    getImage,
    listImages: async (projectId, { pageSize, ...call } = {}) => {
      const lists = await Promise.all(
        [false, true].map((hidden) => {
          // Without `visibility` Glance leaves out the community images.
          const query = { owner: projectId, visibility: 'all', os_hidden: hidden }
          return listAll(cloud, { ...call, ...pages, limit: pageSize, query }, readImage)
        })
      )
      return lists.flat()
    },
    findImages: async (name, call) => {
      const one = /^[0-9a-f-]{36}$/.test(name) ? await getImage(name, call) : null
      return one !== null ? [one] : listAll(cloud, { ...call, ...pages, query: { name, visibility: 'all' } }, readImage)
    },
    listMembers: async (id, call) => {
      try {
        const answer = await cloud.request('image', 'GET', `/images/${encodeURIComponent(id)}/members`, { ...call })
        return fields(answer, answer.body, 'the answer')
          .list('members')
          .map((raw, n) => {
            const member = fields(answer, raw, `members[${n}]`)
            return { projectId: member.text('member_id'), status: member.text('status') }
          })
      } catch (error) {
        if (saysGone(error, id)) return null
        if (error instanceof OpenStackError && error.message.includes('Only shared images have members')) return []
        throw error
      }
    }
  }
}

function saysGone(error: unknown, id: string): boolean {
  if (!(error instanceof OpenStackError) || error.status !== 404) return false
  return error.message.includes(`No image found with ID ${id}`) || error.message.includes(`Image ${id} not found`)
}

const visibilities = ['public', 'community', 'shared', 'private'] as const

function readImage(answer: ServiceAnswer, raw: unknown, where: string): ImageWall {
  const image = fields(answer, raw, where)
  const visibility = image.text('visibility')
  return {
    id: image.text('id'),
    name: image.textOrNull('name') ?? '',
    projectId: image.said('owner'),
    // What a newer Glance may call otherwise is looked at as the most open one, not passed over.
    visibility: visibilities.find((one) => one === visibility) ?? 'public',
    snapshot: image.textOrNull('image_type') === 'snapshot',
    ...image.told()
  }
}
