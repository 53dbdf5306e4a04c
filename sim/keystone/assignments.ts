import type { Bus } from '../notify.ts'
import type { State } from '../state.ts'
import type { Call, Reply, Route, Tree } from '../wire.ts'
import { addGrant, type Effective, effectiveGrants, grantsOf, removeGrant, sameGrant } from './grants.ts'
import type { Grant } from './state.ts'
import { demandAdmin, refuse, tellIdentity, whole } from './wire.ts'

/** Roles that are given and taken back, and the list of them, as given or effective. */
export function assignmentRoutes(state: State, bus: Bus): Route[] {
  function change(call: Call, grant: Grant): Reply {
    demandAdmin(call, call.method === 'GET' ? 'identity:check_grant' : 'identity:create_grant')
    const there = grantsOf(state).some((one) => sameGrant(one, grant))
    if (call.method === 'PUT') {
      const holder = grant.holders === 'users' ? state.users.get(grant.holder) : state.groups.get(grant.holder)
      const kind = grant.holders === 'users' ? 'user' : 'group'
      if (!holder) throw refuse(404, `Could not find ${kind}: ${grant.holder}.`)
      if (!state.roles.has(grant.role)) throw refuse(404, `Could not find role: ${grant.role}.`)
      if (grant.kind === 'projects' && !state.projects.has(grant.scope))
        throw refuse(404, `Could not find project: ${grant.scope}.`)
      addGrant(state, grant)
      tell(call, grant, 'created')
    } else if (!there) {
      const where = grant.kind === 'system' ? 'system' : grant.scope
      const message = `Could not find role assignment with role: ${grant.role}, user or group: ${grant.holder}, project, domain, or system: ${where}.`
      throw refuse(404, message)
    } else if (call.method === 'DELETE') {
      removeGrant(state, grant)
      tell(call, grant, 'deleted')
    }
    return { status: 204 }
  }

  /** Of the system's roles nobody hears. */
  function tell(call: Call, { holders, holder, kind, scope, role, inherited }: Grant, verb: 'created' | 'deleted') {
    if (kind === 'system') return
    const at = kind === 'projects' ? { project: scope } : { domain: scope }
    const who = holders === 'users' ? { user: holder } : { group: holder }
    const more = { ...at, ...who, inherited_to_projects: inherited, role }
    tellIdentity(bus, call, 'role_assignment', verb, 'service/security/account/user', more)
  }

  function list(call: Call): Reply {
    demandAdmin(call, 'identity:list_role_assignments')
    const { query, base } = call
    const wanted = (key: string, value: string | undefined) => [null, value].includes(query.get(key))
    const names = query.has('include_names')
    // Its presence counts, whatever it says.
    const effective = query.has('effective')
    const given = grantsOf(state).map((from) => ({ from, userId: from.holder, prior: null, ...from }))
    const all: Effective[] = effective ? effectiveGrants(state) : given
    const shown = all
      // Keystone leaves the system's out of effective lists without a scope.
      .filter((one) => !effective || one.kind !== 'system')
      .filter((one) => query.get('scope.system') === null || one.kind === 'system')
      .filter((one) => wanted('scope.project.id', one.kind === 'projects' ? one.scope : undefined))
      .filter((one) => wanted('scope.domain.id', one.kind === 'domains' ? one.scope : undefined))
      .filter((one) => query.get('scope.OS-INHERIT:inherited_to') === null || one.from.inherited)
      .filter((one) => wanted('user.id', effective || one.from.holders === 'users' ? one.userId : undefined))
      .filter((one) => wanted('group.id', !effective && one.from.holders === 'groups' ? one.from.holder : undefined))
      .filter((one) => wanted('role.id', one.role))
    return whole(
      'role_assignments',
      shown.map((one) => show(one, { base, names, effective })),
      base
    )
  }

  function show(
    one: Effective,
    { base, names, effective }: { base: string; names: boolean; effective: boolean }
  ): Tree {
    const { from, kind, scope } = one
    const domain = { id: 'default', name: 'Default' }
    const named = (id: string, name: string | undefined) => (names ? { id, name: name ?? '', domain } : { id })
    const inherit = from.inherited && !effective ? { 'OS-INHERIT:inherited_to': 'projects' } : {}
    const scopes = {
      projects: { project: named(scope, state.projects.get(scope)?.name) },
      domains: { domain: names ? domain : { id: scope } },
      system: { system: { all: true } }
    }
    const who =
      effective || from.holders === 'users'
        ? { user: named(one.userId, state.users.get(one.userId)?.name) }
        : { group: named(from.holder, state.groups.get(from.holder)?.name) }
    const membership =
      effective && from.holders === 'groups'
        ? { membership: `${base}/v3/groups/${from.holder}/users/${one.userId}` }
        : {}
    // The wrong way round, as Zed has it.
    const prior = one.prior === null ? {} : { prior_role: `${base}/v3/prior_role/${one.role}/implies/${one.prior}` }
    return {
      ...{
        links: { assignment: `${base}/v3${pathOf(from)}`, ...membership, ...prior },
        scope: { ...scopes[kind], ...inherit }
      },
      ...{ ...who, role: named(one.role, state.roles.get(one.role)?.name) }
    }
  }

  const path =
    /^\/v3\/(OS-INHERIT\/)?(projects|domains|system)\/(?:([^/]+)\/)?(users|groups)\/([^/]+)\/roles\/([^/]+?)(\/inherited_to_projects)?$/
  const grant = (...groups: string[]): Grant => {
    const [inherit, kind, scope, holders, holder, role] = groups
    return {
      ...{ holders: holders as Grant['holders'], holder: holder!, kind: kind as Grant['kind'], scope: scope ?? '' },
      ...{ role: role!, inherited: inherit !== undefined }
    }
  }
  return [
    ['GET', /^\/v3\/role_assignments$/, list],
    ...(['GET', 'HEAD', 'PUT', 'DELETE'] as const).map(
      (method): Route => [method, path, (call, ...groups) => change(call, grant(...groups))]
    )
  ]
}

function pathOf({ holders, holder, kind, scope, role, inherited }: Grant): string {
  const at = kind === 'system' ? 'system' : `${kind}/${scope}`
  const path = `${at}/${holders}/${holder}/roles/${role}`
  return inherited ? `/OS-INHERIT/${path}/inherited_to_projects` : `/${path}`
}
