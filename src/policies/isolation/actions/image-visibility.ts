import type { ImageWall } from '../../../clients/glance/isolation.ts'
import type { Action } from '../../../core/action.ts'
import type { Tools } from '../../shared/tools.ts'
import { change, stale } from './change.ts'

/** Input of `image-visibility-set`. */
export type ImageVisibilitySet = {
  readonly cloud: string
  readonly imageId: string
  readonly to: ImageWall['visibility']
  /** The visibility that must be there now. */
  readonly expects: ImageWall['visibility']
}

/** Sets who sees an image; itself with swapped sides takes it back. Members stay, and count again once it is `shared`. */
export const imageVisibilitySet: Action<Tools, ImageVisibilitySet> = {
  type: 'image-visibility-set',
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
      inverse: () => ({
        type: 'image-visibility-set',
        risk: 'update',
        input: { cloud, imageId, to: expects, expects: to }
      })
    })
  }
}
