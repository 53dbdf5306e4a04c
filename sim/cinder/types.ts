import { randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import type { State } from '../state.ts'
import { type Call, isAdmin, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import type { VolumeType } from './state.ts'
import { administrator, paged, refuse } from './wire.ts'

/** Volume types, and which projects may use the private ones. */
export function typeRoutes(state: State, bus: Bus): Route[] {
  function show(call: Call, one: VolumeType): Tree {
    const open = { 'os-volume-type-access:is_public': one.public, is_public: one.public }
    const shown = { id: one.id, name: one.name, description: one.description, qos_specs_id: null, ...open }
    return isAdmin(call.token) ? { ...shown, extra_specs: one.extraSpecs } : shown
  }

  function type(call: Call, id: string): VolumeType {
    const found = state.volumeTypes.get(id)
    if (!found || !usable(call, found)) throw refuse(404, `Volume type ${id} could not be found.`)
    return found
  }

  /** Private ones are listed only for those who ask with `is_public=None` and, but for administrators, may use them. */
  function list(call: Call): Reply {
    const asked = call.query.get('is_public')?.toLowerCase()
    const wanted = (one: VolumeType) =>
      !isAdmin(call.token) || asked === 'none' || one.public === !['false', '0'].includes(asked ?? 'true')
    const found = [...state.volumeTypes.values()].filter((one) => usable(call, one) && wanted(one))
    const items = found.toReversed().map((one) => ({ id: one.id, wire: show(call, one) }))
    return paged(call, 'volume_types', 'volume_type_links', items)
  }

  function create(call: Call): Reply {
    administrator(call, 'volume_extension:types_manage')
    const wanted = tree(call.body.volume_type)
    const name = text(wanted.name) ?? ''
    if ([...state.volumeTypes.values()].some((one) => one.name === name))
      throw refuse(409, `Volume Type ${name} already exists.`)
    const made: VolumeType = {
      ...{ id: randomUUID(), name, description: text(wanted.description), projects: new Set<string>() },
      ...{ public: wanted['os-volume-type-access:is_public'] !== false },
      extraSpecs: tree(wanted.extra_specs) as Record<string, string>
    }
    state.volumeTypes.set(made.id, made)
    tell(call, 'create', made)
    return { status: 200, body: { volume_type: show(call, made) } }
  }

  /** Here it is `is_public`, without the prefix that it has everywhere else. */
  function update(call: Call, id: string): Reply {
    administrator(call, 'volume_extension:types_manage')
    const target = type(call, id)
    const change = tree(call.body.volume_type)
    target.name = text(change.name) ?? target.name
    target.description = text(change.description) ?? target.description
    if (typeof change.is_public === 'boolean') target.public = change.is_public
    tell(call, 'update', target)
    return { status: 200, body: { volume_type: show(call, target) } }
  }

  function tell({ token, requestId, globalRequestId }: Call, verb: 'create' | 'update' | 'delete', one: VolumeType) {
    const { id, name, description, extraSpecs } = one
    const payload = { id, name, description, is_public: one.public, extra_specs: extraSpecs, qos_specs_id: null }
    const context = { service: 'cinder', token, requestId, globalRequestId } as const
    bus.emit(context, 'notifications', 'volumeType.lab', `volume_type.${verb}`, { volume_types: payload })
  }

  function remove(call: Call, id: string): Reply {
    administrator(call, 'volume_extension:types_manage')
    const target = type(call, id)
    if ([...state.volumes.values()].some(({ typeId }) => typeId === id))
      throw refuse(400, `Target volume type is still in use.`)
    state.volumeTypes.delete(target.id)
    tell(call, 'delete', target)
    return { status: 202 }
  }

  function access(call: Call, id: string): Reply {
    administrator(call, 'volume_extension:volume_type_access:get_all_for_type')
    const target = type(call, id)
    if (target.public) throw refuse(404, 'Access list not available for public volume types.')
    const found = [...target.projects].map((project_id) => ({ volume_type_id: id, project_id }))
    return { status: 200, body: { volume_type_access: found } }
  }

  function act(call: Call, id: string): Reply {
    const [verb = ''] = Object.keys(call.body)
    const adds = verb === 'addProjectAccess'
    if (!adds && verb !== 'removeProjectAccess') throw refuse(400, `There is no such action: ${verb}`)
    administrator(call, `volume_extension:volume_type_access:${adds ? 'addProjectAccess' : 'removeProjectAccess'}`)
    const target = type(call, id)
    const project = text(tree(call.body[verb]).project) ?? ''
    if (adds && target.public) throw refuse(409, 'Type access modification is not applicable to public volume type.')
    if (adds === target.projects.has(project)) {
      throw adds
        ? refuse(409, `Volume type access for ${id} / ${project} combination already exists.`)
        : refuse(404, `Volume type access not found for ${id} / ${project} combination.`)
    }
    if (adds) target.projects.add(project)
    else target.projects.delete(project)
    const { token, requestId, globalRequestId } = call
    const payload = { volume_type_id: id, project_id: project }
    const context = { service: 'cinder', token, requestId, globalRequestId } as const
    const name = `volume_type_project.access.${adds ? 'add' : 'remove'}`
    bus.emit(context, 'notifications', 'volume_type_project.lab', name, payload)
    return { status: 202 }
  }

  /** An empty object where volumes of the type are not encrypted. */
  function encryption(call: Call, id: string): Reply {
    administrator(call, 'volume_extension:volume_type_encryption:get')
    const { encryptionId } = type(call, id)
    if (encryptionId === undefined) return { status: 200, body: {} }
    const how = { cipher: 'aes-xts-plain64', key_size: 256, provider: 'luks', control_location: 'front-end' }
    return { status: 200, body: { encryption_id: encryptionId, volume_type_id: id, deleted: false, ...how } }
  }

  function encrypt(call: Call, id: string): Reply {
    administrator(call, 'volume_extension:volume_type_encryption:create')
    const target = type(call, id)
    target.encryptionId ??= randomUUID()
    return { status: 200, body: { encryption: { volume_type_id: id, ...tree(call.body.encryption) } } }
  }

  return [
    ['GET', /^\/types\/([^/]+)\/encryption$/, (call, id) => encryption(call, id!)],
    ['POST', /^\/types\/([^/]+)\/encryption$/, (call, id) => encrypt(call, id!)],
    ['GET', /^\/types$/, list],
    ['POST', /^\/types$/, create],
    ['GET', /^\/types\/([^/]+)$/, (call, id) => ({ status: 200, body: { volume_type: show(call, type(call, id!)) } })],
    ['PUT', /^\/types\/([^/]+)$/, (call, id) => update(call, id!)],
    ['DELETE', /^\/types\/([^/]+)$/, (call, id) => remove(call, id!)],
    ['GET', /^\/types\/([^/]+)\/os-volume-type-access$/, (call, id) => access(call, id!)],
    ['POST', /^\/types\/([^/]+)\/action$/, (call, id) => act(call, id!)]
  ]
}

/** Whether the caller may make volumes of the type. */
export function usable({ token }: Call, one: VolumeType): boolean {
  return one.public || isAdmin(token) || one.projects.has(token.project.id)
}
