import type { Bus } from '../notify.ts'
import type { Call, Reply, Tree } from '../wire.ts'
import type { Image } from './state.ts'

const TITLES: Record<number, string> = {
  ...{ 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found', 409: 'Conflict', 415: 'Unsupported Media Type' }
}

/** An error as WebOb tells it to a caller that accepts JSON: with what its page of HTML would hold. */
export function glanceFault(status: number, message: string): Reply {
  const title = TITLES[status] ?? 'Internal Server Error'
  return { status, body: { message: `${message}<br /><br />\n\n\n`, code: `${status} ${title}`, title } }
}

/** An image as the API shows it. */
export function showImage(one: Image): Tree {
  return {
    ...{ name: one.name, disk_format: 'raw', container_format: 'bare', visibility: one.visibility, size: 1 },
    ...{ virtual_size: 1, status: 'active', checksum: null, protected: false, min_ram: 0, min_disk: 0 },
    ...{ owner: one.projectId, os_hidden: false, id: one.id, created_at: one.createdAt, updated_at: one.updatedAt },
    ...{ tags: [], self: `/v2/images/${one.id}`, file: `/v2/images/${one.id}/file`, schema: '/v2/schemas/image' },
    ...one.properties
  }
}

/** Tells of an image; nobody is named as who did it. */
export function emitImage(bus: Bus, call: Call, type: string, one: Image, deleted = false): void {
  emitGlance(bus, call, type, {
    ...{ id: one.id, name: one.name, status: deleted ? 'deleted' : 'active' },
    ...{ created_at: one.createdAt, updated_at: one.updatedAt, min_disk: 0, min_ram: 0, protected: false },
    ...{ checksum: null, owner: one.projectId, disk_format: 'raw', container_format: 'bare', size: 1, virtual_size: 1 },
    ...{ is_public: one.visibility === 'public', visibility: one.visibility, properties: one.properties, tags: [] },
    ...{ deleted, deleted_at: deleted ? one.updatedAt : null }
  })
}

export function emitGlance(bus: Bus, { token, requestId }: Call, type: string, payload: Tree): void {
  const context = { service: 'glance', token, requestId, globalRequestId: null } as const
  bus.emit(context, 'notifications', 'image.localhost', type, payload)
}
