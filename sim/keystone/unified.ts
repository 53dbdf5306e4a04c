import { hexId, type State } from '../state.ts'
import { type Call, Refusal, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import type { ProjectLimit, RegisteredLimit } from './unified-state.ts'

/** Keystone's unified limits: there in every release, looked at by few services. */
export function unifiedRoutes(state: State, fault: (status: number, message: string) => Reply): Route[] {
  const refuse = (status: number, message: string) => new Refusal(fault(status, message))

  function administrator(call: Call, rule: string): void {
    if (call.token.roles.includes('admin')) return
    throw refuse(403, `You are not authorized to perform the requested action: identity:${rule}.`)
  }

  function createRegistered(call: Call): Reply {
    administrator(call, 'create_registered_limits')
    const made = listOf(call.body.registered_limits).map((one): RegisteredLimit => {
      const fresh = {
        ...{ id: hexId(), serviceId: String(one.service_id), regionId: text(one.region_id) },
        ...{ resource: String(one.resource_name), value: number(one.default_limit), description: text(one.description) }
      }
      if ([...state.registeredLimits.values()].some((other) => same(other, fresh)))
        throw refuse(409, 'Conflict occurred attempting to store registered_limit - Duplicate entry.')
      return fresh
    })
    for (const one of made) state.registeredLimits.set(one.id, one)
    return { status: 201, body: { registered_limits: made.map((one) => showRegistered(call, one)) } }
  }

  function createLimits(call: Call): Reply {
    administrator(call, 'create_limits')
    const made = listOf(call.body.limits).map((one): ProjectLimit => {
      const fresh = {
        ...{ id: hexId(), serviceId: String(one.service_id), regionId: text(one.region_id) },
        ...{ resource: String(one.resource_name), value: number(one.resource_limit) },
        ...{ description: text(one.description), projectId: String(one.project_id) }
      }
      if (![...state.registeredLimits.values()].some((other) => same(other, fresh)))
        throw refuse(403, 'Unable to create a limit that has no corresponding registered limit.')
      if ([...state.projectLimits.values()].some((other) => same(other, fresh) && other.projectId === fresh.projectId))
        throw refuse(409, 'Conflict occurred attempting to store limit - Duplicate entry.')
      return fresh
    })
    for (const one of made) state.projectLimits.set(one.id, one)
    return { status: 201, body: { limits: made.map((one) => showLimit(call, one)) } }
  }

  function changeRegistered(call: Call, id: string): Reply {
    administrator(call, 'update_registered_limit')
    const target = registered(id)
    const change = tree(call.body.registered_limit)
    if (change.default_limit !== undefined) target.value = number(change.default_limit)
    target.description = text(change.description) ?? target.description
    return { status: 200, body: { registered_limit: showRegistered(call, target) } }
  }

  function deleteRegistered(call: Call, id: string): Reply {
    administrator(call, 'delete_registered_limit')
    const target = registered(id)
    if ([...state.projectLimits.values()].some((one) => same(one, target))) {
      const message = `Unable to update or delete registered limit ${id} because there are project limits associated with it.`
      throw refuse(403, message)
    }
    state.registeredLimits.delete(id)
    return { status: 204 }
  }

  function changeLimit(call: Call, id: string): Reply {
    administrator(call, 'update_limit')
    const target = limit(id)
    const change = tree(call.body.limit)
    // Keystone writes what is true in Python: a 0 is answered with 200 and the old limit.
    if (change.resource_limit !== undefined) target.value = number(change.resource_limit) || target.value
    target.description = text(change.description) ?? target.description
    return { status: 200, body: { limit: showLimit(call, target) } }
  }

  function registered(id: string): RegisteredLimit {
    const found = state.registeredLimits.get(id)
    if (!found) throw refuse(404, `Could not find registered limit for ${id}.`)
    return found
  }

  function limit(id: string): ProjectLimit {
    const found = state.projectLimits.get(id)
    if (!found) throw refuse(404, `Could not find limit for ${id}.`)
    return found
  }

  /** As the schema says: -1 is no limit. */
  function number(value: unknown): number {
    if (Number.isInteger(value) && Number(value) >= -1) return Number(value)
    throw refuse(400, `Invalid input for field 'resource_limit': ${value} is less than the minimum of -1`)
  }

  /** A token of a project sees that project's limits only, an administrator's too: for others one needs the system's. */
  const visible = ({ token }: Call) =>
    [...state.projectLimits.values()].filter((one) => token.system || one.projectId === token.project.id)

  return [
    ['GET', /^\/v3\/limits\/model$/, () => ({ status: 200, body: { model: MODEL } })],
    [
      'GET',
      /^\/v3\/registered_limits$/,
      (call) => collection(call, 'registered_limits', [...state.registeredLimits.values()], showRegistered)
    ],
    ['POST', /^\/v3\/registered_limits$/, createRegistered],
    [
      'GET',
      /^\/v3\/registered_limits\/([^/]+)$/,
      (call, id) => ({ status: 200, body: { registered_limit: showRegistered(call, registered(id!)) } })
    ],
    ['PATCH', /^\/v3\/registered_limits\/([^/]+)$/, (call, id) => changeRegistered(call, id!)],
    ['DELETE', /^\/v3\/registered_limits\/([^/]+)$/, (call, id) => deleteRegistered(call, id!)],
    ['GET', /^\/v3\/limits$/, (call) => collection(call, 'limits', visible(call), showLimit)],
    ['POST', /^\/v3\/limits$/, createLimits],
    ['GET', /^\/v3\/limits\/([^/]+)$/, (call, id) => ({ status: 200, body: { limit: showLimit(call, limit(id!)) } })],
    ['PATCH', /^\/v3\/limits\/([^/]+)$/, (call, id) => changeLimit(call, id!)],
    [
      'DELETE',
      /^\/v3\/limits\/([^/]+)$/,
      (call, id) => {
        administrator(call, 'delete_limit')
        state.projectLimits.delete(limit(id!).id)
        return { status: 204 }
      }
    ]
  ]
}

const MODEL = {
  name: 'flat',
  description: 'Limit enforcement and validation does not take project hierarchy into consideration.'
}

/** What Nova's limits are called in Keystone. */
export const UNIFIED_NAMES: Readonly<Record<string, string>> = {
  ...{ instances: 'servers', cores: 'class:VCPU', ram: 'class:MEMORY_MB', metadata_items: 'server_metadata_items' },
  ...{ key_pairs: 'server_key_pairs', server_groups: 'server_groups', server_group_members: 'server_group_members' },
  ...{ injected_files: 'server_injected_files', injected_file_content_bytes: 'server_injected_file_content_bytes' },
  ...{ injected_file_path_bytes: 'server_injected_file_path_bytes' }
}

/** The limit that holds for a project (null: for nobody in particular); 0 where nobody registered the resource. */
export function unifiedLimit(state: State, serviceId: string, projectId: string | null, resource: string): number {
  const of = (one: RegisteredLimit) => one.serviceId === serviceId && one.resource === resource
  const own = [...state.projectLimits.values()].find((one) => of(one) && one.projectId === projectId)
  return (own ?? [...state.registeredLimits.values()].find(of))?.value ?? 0
}

function collection<Item>(call: Call, key: string, items: Item[], show: (call: Call, item: Item) => Tree): Reply {
  const filters = ['service_id', 'region_id', 'resource_name', 'project_id'].filter((name) => call.query.has(name))
  const shown = items
    .map((one) => show(call, one))
    .filter((one) => filters.every((name) => one[name] === call.query.get(name)))
  const links = { next: null, self: `${call.base}${call.path}`, previous: null }
  return { status: 200, body: { [key]: shown, links } }
}

function same(one: RegisteredLimit, other: RegisteredLimit): boolean {
  return one.serviceId === other.serviceId && one.regionId === other.regionId && one.resource === other.resource
}

function listOf(value: unknown): Tree[] {
  return Array.isArray(value) ? value.map(tree) : []
}

function showRegistered({ base }: Call, one: RegisteredLimit): Tree {
  return {
    ...{ id: one.id, service_id: one.serviceId, region_id: one.regionId, resource_name: one.resource },
    ...{ default_limit: one.value, description: one.description },
    links: { self: `${base}/v3/registered_limits/${one.id}` }
  }
}

function showLimit({ base }: Call, one: ProjectLimit): Tree {
  return {
    ...{ id: one.id, service_id: one.serviceId, region_id: one.regionId, resource_name: one.resource },
    ...{ resource_limit: one.value, description: one.description, project_id: one.projectId, domain_id: null },
    links: { self: `${base}/v3/limits/${one.id}` }
  }
}
