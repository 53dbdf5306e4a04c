import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { ImageWall } from '../../../clients/glance/isolation.ts'
import type { ReadOne } from './reading.ts'
import type { ImageSubject } from './subjects.ts'

/** Builds the subject of an image with its members, where it can have any: one more call, at most so old. null where it is gone meanwhile. */
export async function imageSubject(
  image: ImageWall,
  { images, detail }: IsolationClients,
  atMostMs?: number
): Promise<ImageSubject | null> {
  const members =
    image.visibility === 'shared'
      ? await detail(`image members ${image.id}`, () => images.listMembers(image.id), atMostMs)
      : []
  if (members === null) return null
  return {
    kind: 'image',
    ...image,
    name: image.name.toWellFormed(),
    members: [...members].sort((a, b) => (a.projectId < b.projectId ? -1 : 1))
  }
}

/** Reads one image with its members; null where it is gone. */
export const readImage: ReadOne = async (id, { clients }) => {
  const image = await clients.images.getImage(id)
  return image === null ? null : imageSubject(image, clients, 0)
}
