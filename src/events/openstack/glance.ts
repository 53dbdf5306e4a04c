import { id, object } from './fields.ts'
import type { ReadPayload } from './found.ts'
import { noData } from './found.ts'

/** An image's owner is its project. A member notification says with whom the image is shared, not whose it is. */
export const readGlance: ReadPayload = (payload, type) => {
  const body = object(payload)
  const member = type.startsWith('image.member.')
  return [{ subject: id(member ? body.image_id : body.id), project: member ? null : id(body.owner), data: noData }]
}
