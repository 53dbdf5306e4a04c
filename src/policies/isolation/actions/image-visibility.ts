import type { ImageWall } from '../../../clients/glance/isolation.ts'
import { change, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'

/** Input of `image-visibility-set`. */
export type ImageVisibilitySet = {
  readonly cloud: string
  readonly imageId: string
  readonly to: ImageWall['visibility']
  /** The visibility that must be there now. */
  readonly expects: ImageWall['visibility']
}

/** Sets who sees an image; itself with swapped sides takes it back. Members stay, and count again once it is `shared`. */
export const imageVisibilitySet: DefinedAction<ImageVisibilitySet, 'update'> = defineAction({
  type: 'image-visibility-set',
  risk: 'update',
  async perform({ cloud, imageId, to, expects }, context) {
    const { images } = await context.tools.isolation(cloud)
    const { images: doors } = await context.tools.remedies(cloud)
    return change<ImageWall | null>(context, {
      read: () => images.getImage(imageId),
      is: (now) => now?.visibility === to,
      objection: (now) => {
        if (now === null) return stale(`image ${imageId} does not exist any more`)
        if (now.visibility === expects) return null
        return stale(`image ${imageId} is ${now.visibility}; ${expects} was expected`)
      },
      make: async (_, call) => doors.setVisibility(imageId, to, call),
      already: `image ${imageId} was ${to} already`,
      done: `image ${imageId} is ${to}`,
      inverse: () => imageVisibilitySet.inverse({ cloud, imageId, to: expects, expects: to })
    })
  }
})
