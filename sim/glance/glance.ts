import { randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import { type State, seconds } from '../state.ts'
import { type Call, isAdmin, page, Refusal, type Reply, type ServiceApp, type Tree, text, tree } from '../wire.ts'
import { memberRoutes } from './members.ts'
import type { Image } from './state.ts'
import { emitImage, glanceFault, showImage } from './wire.ts'

const VISIBILITIES = ['public', 'community', 'shared', 'private'] as const

/** Image v2: images without data, who sees them, and their members. */
export function createGlance(state: State, bus: Bus): ServiceApp {
  /** What the caller may look at: own, public, community, and what is shared with it. */
  function image(call: Call, id: string): Image {
    const found = state.images.get(id)
    const projectId = call.token.project.id
    const may =
      found &&
      (isAdmin(call.token) ||
        found.projectId === projectId ||
        found.visibility === 'public' ||
        found.visibility === 'community' ||
        (found.visibility === 'shared' && found.members.has(projectId)))
    if (!may) throw new Refusal(glanceFault(404, `No image found with ID ${id}`))
    return found
  }

  function own(call: Call, id: string): Image {
    const found = image(call, id)
    if (isAdmin(call.token) || found.projectId === call.token.project.id) return found
    throw new Refusal(glanceFault(403, 'You are not authorized to complete modify_image action.'))
  }

  function create(call: Call): Reply {
    const { name, visibility, owner, disk_format, container_format, id: _, ...rest } = call.body
    const made: Image = {
      ...{ id: randomUUID(), name: text(name) ?? '', projectId: text(owner) ?? call.token.project.id },
      ...{ visibility: seen(call, visibility ?? 'shared'), properties: rest as Record<string, string> },
      ...{ createdAt: seconds(), updatedAt: seconds(), members: new Map() }
    }
    state.images.set(made.id, made)
    emitImage(bus, call, 'image.create', made)
    return { status: 201, body: showImage(made) }
  }

  function seen(call: Call, wanted: unknown): Image['visibility'] {
    const found = VISIBILITIES.find((one) => one === wanted)
    if (found === undefined) throw new Refusal(glanceFault(400, `Invalid visibility value '${wanted}'.`))
    if (found === 'public' && !isAdmin(call.token))
      throw new Refusal(glanceFault(403, 'You are not authorized to complete publicize_image action.'))
    return found
  }

  function patch(call: Call, id: string): Reply {
    if (!String(call.headers['content-type']).startsWith('application/openstack-images-v2'))
      throw new Refusal(glanceFault(415, 'The content type is not supported.'))
    const target = own(call, id)
    for (const { path, value } of (Array.isArray(call.body.list) ? call.body.list : []).map(tree)) {
      if (path === '/visibility') target.visibility = seen(call, value)
      else if (path === '/name') target.name = String(value)
    }
    target.updatedAt = seconds()
    emitImage(bus, call, 'image.update', target)
    return { status: 200, body: showImage(target) }
  }

  function list(call: Call): Reply {
    const { query, token } = call
    const visibility = query.get('visibility')
    const mine = (one: Image) => isAdmin(token) || one.projectId === token.project.id
    const found = [...state.images.values()]
      .filter(
        (one) => mine(one) || ['public', 'community'].includes(one.visibility) || one.members.has(token.project.id)
      )
      // Those of others only where they are asked for.
      .filter((one) => one.visibility !== 'community' || visibility === 'community' || visibility === 'all')
      .filter((one) => visibility === null || visibility === 'all' || one.visibility === visibility)
      .filter((one) => [null, one.projectId].includes(query.get('owner')))
      .filter((one) => [null, one.name].includes(query.get('name')))
      .filter((one) => (String(one.properties.os_hidden) === 'true') === /^true$/i.test(query.get('os_hidden') ?? ''))
      .toReversed()
    const part = page(found, query, { standard: 25, max: 1000 })
    if (!part) throw new Refusal(glanceFault(400, `Invalid marker: ${query.get('marker')}`))
    const body: Tree = { images: part.items.map(showImage), first: '/v2/images', schema: '/v2/schemas/images' }
    if (part.more) body.next = `/v2/images?marker=${part.items.at(-1)!.id}`
    return { status: 200, body }
  }

  function remove(call: Call, id: string): Reply {
    const target = own(call, id)
    state.images.delete(id)
    emitImage(bus, call, 'image.delete', target, true)
    return { status: 204 }
  }

  return {
    name: 'glance',
    open: [
      [
        'GET',
        /^\/?$/,
        ({ base }) => ({
          status: 300,
          body: { versions: [{ id: 'v2.15', status: 'CURRENT', links: [{ rel: 'self', href: `${base}/v2/` }] }] }
        })
      ]
    ],
    routes: [
      ['GET', /^\/v2\/images$/, list],
      ['POST', /^\/v2\/images$/, create],
      ['GET', /^\/v2\/images\/([^/]+)$/, (call, id) => ({ status: 200, body: showImage(image(call, id!)) })],
      ['PATCH', /^\/v2\/images\/([^/]+)$/, (call, id) => patch(call, id!)],
      ['DELETE', /^\/v2\/images\/([^/]+)$/, (call, id) => remove(call, id!)],
      ...memberRoutes(bus, image)
    ],
    fault: glanceFault
  }
}
