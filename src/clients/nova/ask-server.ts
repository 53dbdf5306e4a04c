import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { itemNotFound } from '../openstack/item-not-found.ts'

/** `GET /servers/<id>`, unread; null only when Nova itself says that there is no server of this id. */
export async function askServer(
  cloud: Cloud,
  id: string,
  microversion: string,
  call: CallOptions = {}
): Promise<{ readonly answer: ServiceAnswer; readonly server: unknown } | null> {
  try {
    const answer = await cloud.request('compute', 'GET', `/servers/${encodeURIComponent(id)}`, {
      ...call,
      microversion
    })
    return { answer, server: fields(answer, answer.body, 'the answer').value('server') }
  } catch (error) {
    if (itemNotFound(error, id)) return null
    throw error
  }
}
