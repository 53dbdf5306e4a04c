import type { Bus } from '../notify.ts'
import { hexId, type State, type User } from '../state.ts'
import { type Call, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import { IMPLIES, roleId } from './grants.ts'
import type { Group } from './state.ts'
import { demandAdmin, refuse, tellIdentity, whole } from './wire.ts'

const DOMAIN = { id: 'default', name: 'Default', enabled: true, description: 'The default domain' }

/** Users, groups with their members, roles, and the one domain. */
export function peopleRoutes(state: State, bus: Bus): Route[] {
  function user(id: string): User {
    const found = state.users.get(id)
    if (!found) throw refuse(404, `Could not find user: ${id}.`)
    return found
  }

  function group(id: string): Group {
    const found = state.groups.get(id)
    if (!found) throw refuse(404, `Could not find group: ${id}.`)
    return found
  }

  function createUser(call: Call): Reply {
    demandAdmin(call, 'identity:create_user')
    const { name, password } = tree(call.body.user)
    if ([...state.users.values()].some((one) => one.name === name))
      throw refuse(
        409,
        `Conflict occurred attempting to store user - Duplicate entry found with name ${name} at domain ID default.`
      )
    const made: User = {
      ...{ id: hexId(), name: String(name), password: text(password) ?? '', roles: new Map(), systemRoles: [] }
    }
    state.users.set(made.id, made)
    tellIdentity(bus, call, 'user', 'created', 'data/security/account/user', { resource_info: made.id })
    return { status: 201, body: { user: showUser(made) } }
  }

  function deleteUser(call: Call, id: string): Reply {
    demandAdmin(call, 'identity:delete_user')
    user(id)
    state.users.delete(id)
    for (const one of state.groups.values()) one.members.delete(id)
    for (const one of state.applicationCredentials.values())
      if (one.userId === id) state.applicationCredentials.delete(one.id)
    for (const one of state.trusts.values()) if (one.trustorId === id) state.trusts.delete(one.id)
    const rest = state.grants.filter(({ holder }) => holder !== id)
    state.grants.splice(0, state.grants.length, ...rest)
    tellIdentity(bus, call, 'user', 'deleted', 'data/security/account/user', { resource_info: id })
    return { status: 204 }
  }

  function createGroup(call: Call): Reply {
    demandAdmin(call, 'identity:create_group')
    const made: Group = { id: hexId(), name: String(tree(call.body.group).name), members: new Set() }
    state.groups.set(made.id, made)
    tellIdentity(bus, call, 'group', 'created', 'data/security/group', { resource_info: made.id })
    return { status: 201, body: { group: showGroup(made) } }
  }

  function deleteGroup(call: Call, id: string): Reply {
    demandAdmin(call, 'identity:delete_group')
    group(id)
    state.groups.delete(id)
    const rest = state.grants.filter(({ holder }) => holder !== id)
    state.grants.splice(0, state.grants.length, ...rest)
    tellIdentity(bus, call, 'group', 'deleted', 'data/security/group', { resource_info: id })
    return { status: 204 }
  }

  /** The notification of a change names the group, not the user. */
  function membership(call: Call, groupId: string, userId: string): Reply {
    demandAdmin(call, 'identity:add_user_to_group')
    const { members } = group(groupId)
    user(userId)
    const there = members.has(userId)
    if (call.method === 'PUT') members.add(userId)
    else if (!there) throw refuse(404, `User '${userId}' not found in group '${groupId}'`)
    else if (call.method === 'DELETE') members.delete(userId)
    if (call.method !== 'GET' && call.method !== 'HEAD')
      tellIdentity(bus, call, 'group', 'updated', 'data/security/group', { resource_info: groupId })
    return { status: 204 }
  }

  const inferences = () =>
    Object.entries(IMPLIES).map(([prior, next]) => ({
      prior_role: { id: roleId(state, prior), name: prior },
      implies: [{ id: roleId(state, next), name: next }]
    }))

  const named = (call: Call) => (one: { readonly name: string }) => [null, one.name].includes(call.query.get('name'))
  const member = /^\/v3\/groups\/([^/]+)\/users\/([^/]+)$/
  return [
    [
      'GET',
      /^\/v3\/roles$/,
      (call) => whole('roles', [...state.roles.values()].filter(named(call)).map(showRole), call.base)
    ],
    ['GET', /^\/v3\/role_inferences$/, () => ({ status: 200, body: { role_inferences: inferences() } })],
    ['GET', /^\/v3\/domains$/, (call) => whole('domains', [DOMAIN].filter(named(call)), call.base)],
    [
      'GET',
      /^\/v3\/users$/,
      (call) => whole('users', [...state.users.values()].filter(named(call)).map(showUser), call.base)
    ],
    ['POST', /^\/v3\/users$/, createUser],
    ['GET', /^\/v3\/users\/([^/]+)$/, (_, id) => ({ status: 200, body: { user: showUser(user(id!)) } })],
    ['DELETE', /^\/v3\/users\/([^/]+)$/, (call, id) => deleteUser(call, id!)],
    [
      'GET',
      /^\/v3\/users\/([^/]+)\/groups$/,
      (call, id) => {
        const { id: userId } = user(id!)
        const found = [...state.groups.values()].filter(({ members }) => members.has(userId))
        return whole('groups', found.map(showGroup), call.base)
      }
    ],
    [
      'GET',
      /^\/v3\/groups$/,
      (call) => whole('groups', [...state.groups.values()].filter(named(call)).map(showGroup), call.base)
    ],
    ['POST', /^\/v3\/groups$/, createGroup],
    ['GET', /^\/v3\/groups\/([^/]+)$/, (_, id) => ({ status: 200, body: { group: showGroup(group(id!)) } })],
    ['DELETE', /^\/v3\/groups\/([^/]+)$/, (call, id) => deleteGroup(call, id!)],
    [
      'GET',
      /^\/v3\/groups\/([^/]+)\/users$/,
      (call, id) =>
        whole(
          'users',
          [...group(id!).members].map((one) => showUser(user(one))),
          call.base
        )
    ],
    ...(['GET', 'HEAD', 'PUT', 'DELETE'] as const).map(
      (method): Route => [method, member, (call, groupId, userId) => membership(call, groupId!, userId!)]
    )
  ]
}

const showRole = ({ id, name }: { id: string; name: string }): Tree => ({
  id,
  name,
  domain_id: null,
  description: null
})

const showGroup = ({ id, name }: Group): Tree => ({ id, name, domain_id: 'default', description: '' })

function showUser({ id, name }: User): Tree {
  return { id, name, domain_id: 'default', enabled: true, password_expires_at: null, options: {} }
}
