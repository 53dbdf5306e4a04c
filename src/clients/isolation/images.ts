import type { Answer, CallOptions, Cloud } from '../http.ts'
import { OpenStackError } from '../openstack-error.ts'
import { listAll } from '../pages.ts'
import { fields } from '../rim.ts'

export interface ImageWall {
  readonly id: string
  readonly name: string
  /** The project that owns it; '' where nobody does. */
  readonly projectId: string
  readonly visibility: 'public' | 'community' | 'shared' | 'private'
  /** A snapshot of a server. */
  readonly snapshot: boolean
}

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
  /** With whom a shared image is shared. Glance refuses (403) to say it of others: they have no members. */
  listMembers(id: string, call?: CallOptions): Promise<readonly ImageMember[]>
}

export function createImageIsolation(cloud: Cloud): ImageIsolation {
  return {
    getImage: async (id, call) => {
      try {
        const answer = await cloud.request('image', 'GET', `/images/${encodeURIComponent(id)}`, { ...call })
        return readImage(answer, answer.body, 'the answer')
      } catch (error) {
        if (
          error instanceof OpenStackError &&
          error.status === 404 &&
          error.message.includes(`No image found with ID ${id}`)
        )
          return null
        throw error
      }
    },
    listImages: async (projectId, { pageSize, ...call } = {}) => {
      const lists = await Promise.all(
        [false, true].map((hidden) => {
          // Without `visibility` Glance leaves out the community images.
          const query = { owner: projectId, visibility: 'all', os_hidden: hidden }
          const pages = { service: 'image', path: '/images', key: 'images', next: 'next', limit: pageSize } as const
          return listAll(cloud, { ...call, ...pages, query }, readImage)
        })
      )
      return lists.flat()
    },
    listMembers: async (id, call) => {
      const answer = await cloud.request('image', 'GET', `/images/${encodeURIComponent(id)}/members`, { ...call })
      return fields(answer, answer.body, 'the answer')
        .list('members')
        .map((raw, n) => {
          const member = fields(answer, raw, `members[${n}]`)
          return { projectId: member.text('member_id'), status: member.text('status') }
        })
    }
  }
}

const visibilities = ['public', 'community', 'shared', 'private'] as const

function readImage(answer: Answer, raw: unknown, where: string): ImageWall {
  const image = fields(answer, raw, where)
  const visibility = image.text('visibility')
  return {
    id: image.text('id'),
    name: image.textOrNull('name') ?? '',
    projectId: image.textOrNull('owner') ?? '',
    // What a newer Glance may call otherwise is looked at as the most open one, not passed over.
    visibility: visibilities.find((one) => one === visibility) ?? 'public',
    snapshot: image.textOrNull('image_type') === 'snapshot'
  }
}
