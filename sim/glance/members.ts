import type { Bus } from '../notify.ts'
import { seconds } from '../state.ts'
import { type Call, isAdmin, Refusal, type Reply, type Route, type Tree } from '../wire.ts'
import type { Image, ImageMember } from './state.ts'
import { emitGlance, glanceFault } from './wire.ts'

/** With whom an image is shared; only one that is `shared` has members. */
export function memberRoutes(bus: Bus, image: (call: Call, id: string) => Image): Route[] {
  const refuse = (status: number, message: string) => new Refusal(glanceFault(status, message))
  const owns = (call: Call, one: Image) => isAdmin(call.token) || one.projectId === call.token.project.id

  function shared(call: Call, id: string, verb: string): Image {
    const found = image(call, id)
    if (found.visibility !== 'shared' && verb === 'get') throw refuse(403, 'Only shared images have members.')
    if (found.visibility !== 'shared') throw refuse(403, `Not allowed to ${verb} members for image ${id}.`)
    return found
  }

  function member(found: Image, projectId: string): ImageMember {
    const one = found.members.get(projectId)
    if (one) return one
    throw refuse(404, `${projectId} not found in the member list of the image ${found.id}.`)
  }

  function create(call: Call, id: string): Reply {
    const found = shared(call, id, 'create')
    if (!owns(call, found)) throw refuse(403, 'You are not authorized to complete add_member action.')
    const projectId = String(call.body.member)
    if (found.members.has(projectId)) throw refuse(409, `Member ${projectId} is duplicated for image ${id}`)
    const made: ImageMember = { status: 'pending', createdAt: seconds(), updatedAt: seconds() }
    found.members.set(projectId, made)
    tell(call, 'create', found, projectId, made)
    return { status: 200, body: show(found, projectId, made) }
  }

  function update(call: Call, id: string, projectId: string): Reply {
    const found = shared(call, id, 'update')
    const one = member(found, projectId)
    if (!isAdmin(call.token) && call.token.project.id !== projectId)
      throw refuse(403, 'You are not authorized to complete modify_member action.')
    Object.assign(one, { status: call.body.status, updatedAt: seconds() })
    tell(call, 'update', found, projectId, one)
    return { status: 200, body: show(found, projectId, one) }
  }

  function remove(call: Call, id: string, projectId: string): Reply {
    const found = shared(call, id, 'delete')
    const one = member(found, projectId)
    if (!owns(call, found)) throw refuse(403, 'You are not authorized to complete delete_member action.')
    found.members.delete(projectId)
    tell(call, 'delete', found, projectId, one)
    return { status: 204 }
  }

  function tell(
    call: Call,
    verb: 'create' | 'update' | 'delete',
    one: Image,
    projectId: string,
    of: ImageMember
  ): void {
    const { schema, ...payload } = show(one, projectId, of)
    const deleted = verb === 'delete'
    emitGlance(bus, call, `image.member.${verb}`, { ...payload, deleted, deleted_at: deleted ? of.updatedAt : null })
  }

  function show({ id }: Image, projectId: string, one: ImageMember): Tree {
    return {
      ...{ image_id: id, member_id: projectId, status: one.status, created_at: one.createdAt },
      ...{ updated_at: one.updatedAt, schema: '/v2/schemas/member' }
    }
  }

  function list(call: Call, id: string): Reply {
    const found = shared(call, id, 'get')
    const seen = [...found.members].filter(([projectId]) => owns(call, found) || projectId === call.token.project.id)
    const members = seen.map(([projectId, one]) => show(found, projectId, one))
    return { status: 200, body: { members, schema: '/v2/schemas/members' } }
  }

  const one = /^\/v2\/images\/([^/]+)\/members\/([^/]+)$/
  return [
    ['GET', /^\/v2\/images\/([^/]+)\/members$/, (call, id) => list(call, id!)],
    ['POST', /^\/v2\/images\/([^/]+)\/members$/, (call, id) => create(call, id!)],
    [
      'GET',
      one,
      (call, id, projectId) => {
        const found = shared(call, id!, 'get')
        return { status: 200, body: show(found, projectId!, member(found, projectId!)) }
      }
    ],
    ['PUT', one, (call, id, projectId) => update(call, id!, projectId!)],
    ['DELETE', one, (call, id, projectId) => remove(call, id!, projectId!)]
  ]
}
