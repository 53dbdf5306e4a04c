import type { ImageMember, ImageWall } from '../../../clients/glance/isolation.ts'
import { change, failed, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import type { Tools } from '../../shared/tools.ts'

/** Input of `image-member-remove`. */
export type ImageMemberRemove = { readonly cloud: string; readonly imageId: string; readonly projectId: string }

/** Input of `image-member-add`. */
export type ImageMemberAdd = ImageMemberRemove & { readonly status: string }

interface Now {
  readonly image: ImageWall | null
  readonly member: ImageMember | undefined
}

/** Ends the sharing of an image with one project; servers made from it go on. */
export const imageMemberRemove: DefinedAction<ImageMemberRemove, 'delete'> = defineAction({
  type: 'image-member-remove',
  risk: 'delete',
  async perform(input, context) {
    const { cloud, imageId, projectId } = input
    const { images: doors } = await context.tools.remedies(cloud)
    const what = `image ${imageId}’s share with project ${projectId}`
    return change<Now>(context, {
      read: () => read(input, context.tools),
      is: (now) => now.member === undefined,
      make: async (_, call) => doors.removeMember(imageId, projectId, call),
      already: `${what} was gone already`,
      done: `${what} is ended`,
      inverse: (before) => imageMemberAdd.inverse({ ...input, status: before.member?.status ?? 'pending' })
    })
  }
})

/** Shares an image with one project again, in the state that the share had. */
export const imageMemberAdd: DefinedAction<ImageMemberAdd, 'create'> = defineAction({
  type: 'image-member-add',
  risk: 'create',
  async perform({ status, ...input }, context) {
    const { cloud, imageId, projectId } = input
    const { images: doors } = await context.tools.remedies(cloud)
    const what = `image ${imageId}’s share with project ${projectId}`
    return change<Now>(context, {
      read: () => read(input, context.tools),
      is: (now) => now.member?.status === status,
      objection: ({ image }) => {
        if (image === null) return stale(`image ${imageId} does not exist any more`)
        if (image.visibility !== 'shared')
          return failed(
            `${what} cannot be made again: it is ${image.visibility}, only a shared image has members`,
            false
          )
        return null
      },
      make: async (now, call) => {
        const made = now.member === undefined ? await doors.addMember(imageId, projectId, call) : null
        // A new one is pending.
        if (status === (now.member?.status ?? 'pending')) return made
        return doors.setMember(imageId, projectId, status, call)
      },
      already: `${what} was there already, ${status}`,
      done: `${what} is there again, ${status}`,
      inverse: () => imageMemberRemove.inverse(input)
    })
  }
})

/** Glance refuses to tell the members of an image that is not `shared`: it has none that count. */
async function read({ cloud, imageId, projectId }: ImageMemberRemove, tools: Tools): Promise<Now> {
  const { images } = await tools.isolation(cloud)
  const image = await images.getImage(imageId)
  if (image?.visibility !== 'shared') return { image, member: undefined }
  const members = await images.listMembers(imageId)
  return { image, member: members?.find((one) => one.projectId === projectId) }
}
