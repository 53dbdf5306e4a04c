import { imageVisibilitySet } from '../actions/image-visibility.ts'
import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds an image or snapshot of a cluster that is public or a community image. */
export const imageVisible: Rule<'image'> = {
  name: 'image-visible',
  layer: 'storage',
  kind: 'image',
  severity: 'high',
  mode: 'enforce',
  cuts: false,
  what: 'An image or a snapshot of a cluster is public or a community image',
  why: 'Every project of the OpenStack can start it and read what is on it',
  events: ['image.create', 'image.update'],
  proof: 'GET /v2/images/{id}: visibility',
  remedy: 'Makes it private; servers that were made from it go on',
  undo: 'Gives it its former visibility',
  judge(image, world) {
    const owner = world.clusterOf(image.projectId)
    const { id, visibility, snapshot } = image
    if (owner === null || world.matrix.shared.imageIds.includes(id)) return []
    if (visibility !== 'public' && visibility !== 'community') return []
    const summary = `${snapshot ? 'snapshot' : 'image'} ${called(image)} of ${owner.name} is ${visibility}: every project can start it`
    return [
      {
        detail: '',
        from: owner.name,
        to: '*',
        summary,
        evidence: { image: id, visibility, snapshot },
        ...world.unsure('image', [id])
      }
    ]
  },
  close({ id, visibility, members }, { from }, world) {
    const to = members.length > 0 ? 'shared' : 'private'
    const about = { cluster: from, on: `image/${id}` }
    return [world.step(imageVisibilitySet, about, { imageId: id, to, expects: visibility })]
  }
}
