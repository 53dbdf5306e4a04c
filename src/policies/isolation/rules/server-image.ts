import type { Rule } from '../rule.ts'
import { aboutServers } from '../server.ts'
import { called, outside } from '../world.ts'

const whatIsMissing = (owner: string | null) =>
  owner === null ? 'Glance does not say whose image it is' : 'the image has no name to compare'

/** Finds a server from an image that is not in its cluster's `images`, or that is another cluster's. */
export const serverImage: Rule<'server'> = {
  ...aboutServers,
  name: 'server-image',
  severity: 'high',
  what: 'A server of a cluster was made from an image that is not in its `images`, or that is another cluster’s',
  why: 'What runs on the node was made elsewhere, by people who have no say here',
  events: ['compute.instance.create.end', 'compute.instance.rebuild.end'],
  proof: 'GET /v2.1/servers/{id}: image, and GET /v2/images/{image}: owner',
  judge(server, world) {
    const owner = world.clusterOf(server.projectId)
    const { imageId, imageName, imageOwner } = server
    // From a volume: the volume's rules see that.
    if (owner === null || imageId === null || world.matrix.shared.imageIds.includes(imageId)) return []
    const allowed = owner.settings.images
    const named = owner.imageIds === undefined && imageName !== null && allowed.includes(imageName)
    if (allowed.includes(imageId) || owner.imageIds?.includes(imageId) === true || named) return []
    const other = world.clusterOf(imageOwner)
    const foreign = other !== null && other !== owner
    if (!foreign && (allowed.length === 0 || imageOwner === owner.projectId)) return []
    const of = foreign ? `of ${other.name}` : `which is not allowed (${allowed.join(', ')})`
    const summary = `server ${called(server)} of ${owner.name} was made from image ${imageName ?? imageId} ${of}`
    const evidence = { server: server.id, image: imageId, imageOwner }
    // An image that is gone has neither; one that is there has both.
    const nameless = imageName === '' && allowed.length > 0
    const unsure = !foreign &&
      imageName !== null &&
      (nameless || imageOwner === null) && { unsure: whatIsMissing(imageOwner) }
    return [
      {
        detail: '',
        from: foreign ? other.name : outside,
        to: owner.name,
        summary,
        evidence,
        ...unsure,
        ...world.unsure('image', [imageId])
      }
    ]
  }
}
