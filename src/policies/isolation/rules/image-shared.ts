import { imageMemberRemove } from '../actions/image-member.ts'
import type { Rule } from '../rule.ts'
import { called, whom } from '../world.ts'

/** Finds an image or snapshot of a cluster that has another project as a member. */
export const imageShared: Rule<'image'> = {
  name: 'image-shared',
  layer: 'storage',
  kind: 'image',
  severity: 'high',
  mode: 'enforce',
  cuts: false,
  what: 'An image or a snapshot of a cluster has a member that is another project',
  why: 'A snapshot holds what was on the disk, secrets and data included; an image is code that runs elsewhere',
  events: ['image.member.create', 'image.member.update'],
  proof: 'GET /v2/images/{id}/members',
  remedy: 'Removes the member; servers that were made from it go on',
  undo: 'Adds the member again, who has to accept it again',
  judge(image, world) {
    const owner = world.clusterOf(image.projectId)
    if (owner === null || world.matrix.shared.imageIds.includes(image.id)) return []
    const what = image.snapshot ? 'snapshot' : 'image'
    return image.members
      .filter(({ projectId }) => projectId !== owner.projectId)
      .map(({ projectId, status }) => {
        const to = world.holderOf(projectId)
        const summary = `${what} ${called(image)} of ${owner.name} is shared with ${whom(to)} (project ${projectId}, ${status})`
        const evidence = { image: image.id, member: projectId, status, snapshot: image.snapshot }
        return { detail: projectId, from: owner.name, to, summary, evidence, ...world.unsure('image', [image.id]) }
      })
  },
  close: ({ id }, { detail, from }, world) => [
    world.step(imageMemberRemove, { cluster: from, on: `image/${id}/${detail}` }, { imageId: id, projectId: detail })
  ]
}
