import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import type { RequestId } from '../openstack/send.ts'
import { sender } from '../openstack/send.ts'
import type { ImageWall } from './isolation.ts'

/** Changes Glance to close a breach, or to open it again, as its administrator. Every call throws the OpenStackError of Glance. */
export interface ImageRemedies {
  addMember(imageId: string, projectId: string, call: CallOptions): Promise<RequestId>
  /** `pending`, `accepted` or `rejected`. */
  setMember(imageId: string, projectId: string, status: string, call: CallOptions): Promise<RequestId>
  removeMember(imageId: string, projectId: string, call: CallOptions): Promise<RequestId>
  setVisibility(imageId: string, to: ImageWall['visibility'], call: CallOptions): Promise<RequestId>
}

/** Makes the client of the changes to Glance that close a breach, or open it again. */
export function createImageRemedies(cloud: Cloud): ImageRemedies {
  const send = sender(cloud, 'image')
  const at = (id: string) => `/images/${encodeURIComponent(id)}`
  const member = (id: string, projectId: string) => `${at(id)}/members/${encodeURIComponent(projectId)}`

  return {
    addMember: async (id, projectId, call) =>
      (await send('POST', `${at(id)}/members`, { member: projectId }, call)).requestId,
    setMember: async (id, projectId, status, call) =>
      (await send('PUT', member(id, projectId), { status }, call)).requestId,
    removeMember: async (id, projectId, call) =>
      (await send('DELETE', member(id, projectId), undefined, call)).requestId,
    setVisibility: async (id, to, call) => {
      const answer = await cloud.request('image', 'PATCH', at(id), {
        ...call,
        body: [{ op: 'replace', path: '/visibility', value: to }],
        headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' }
      })
      return answer.requestId
    }
  }
}
