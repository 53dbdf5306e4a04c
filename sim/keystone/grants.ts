import type { State } from '../state.ts'
import type { Grant } from './state.ts'

/** Role → the one that it brings along, as Keystone's bootstrap makes them. */
export const IMPLIES: Readonly<Record<string, string>> = { admin: 'member', member: 'reader' }

/** All roles as they were given: a user's own on projects and the system, and the others. */
export function grantsOf(state: State): Grant[] {
  const own = [...state.users.values()].flatMap((user): Grant[] => {
    const base = { holders: 'users', holder: user.id, inherited: false } as const
    return [
      ...[...user.roles].flatMap(([scope, names]) =>
        names.map((name): Grant => ({ ...base, kind: 'projects', scope, role: roleId(state, name) }))
      ),
      ...user.systemRoles.map((name): Grant => ({ ...base, kind: 'system', scope: '', role: roleId(state, name) }))
    ]
  })
  return [...own, ...state.grants]
}

/** The id of a role by its name: roles are there from their first use on. */
export function roleId(state: State, name: string): string {
  const found = [...state.roles.values()].find((one) => one.name === name)
  if (found) return found.id
  const id = Buffer.from(`role ${name}`.padEnd(16, '.').slice(0, 16)).toString('hex')
  state.roles.set(id, { id, name })
  return id
}

export function sameGrant(one: Grant, other: Grant): boolean {
  return (
    one.holders === other.holders &&
    one.holder === other.holder &&
    one.kind === other.kind &&
    one.scope === other.scope &&
    one.role === other.role &&
    one.inherited === other.inherited
  )
}

/** Writes a grant where its kind is kept; a second time changes nothing. */
export function addGrant(state: State, grant: Grant): void {
  if (grantsOf(state).some((one) => sameGrant(one, grant))) return
  const user = state.users.get(grant.holder)
  const name = state.roles.get(grant.role)?.name ?? ''
  const own = grant.holders === 'users' && !grant.inherited && user
  if (own && grant.kind === 'projects') user.roles.set(grant.scope, [...(user.roles.get(grant.scope) ?? []), name])
  else if (own && grant.kind === 'system') user.systemRoles = [...user.systemRoles, name]
  else state.grants.push(grant)
}

/** Takes a grant back, and with a role in a project the user's application credentials there, as Keystone does. */
export function removeGrant(state: State, grant: Grant): void {
  const user = state.users.get(grant.holder)
  const name = state.roles.get(grant.role)?.name ?? ''
  const own = grant.holders === 'users' && !grant.inherited && user
  if (own && grant.kind === 'projects') {
    const rest = (user.roles.get(grant.scope) ?? []).filter((one) => one !== name)
    if (rest.length === 0) user.roles.delete(grant.scope)
    else user.roles.set(grant.scope, rest)
    for (const one of state.applicationCredentials.values())
      if (one.userId === user.id && one.projectId === grant.scope) state.applicationCredentials.delete(one.id)
    return
  }
  if (own && grant.kind === 'system') {
    user.systemRoles = user.systemRoles.filter((one) => one !== name)
    return
  }
  const at = state.grants.findIndex((one) => sameGrant(one, grant))
  if (at >= 0) state.grants.splice(at, 1)
}

/** A grant as somebody has it: expanded from a group, or from what it is inherited from. */
export interface Effective {
  readonly userId: string
  readonly kind: Grant['kind']
  readonly scope: string
  readonly role: string
  readonly from: Grant
  /** The role that brings this one along; null: it was given itself. */
  readonly prior: string | null
}

/** Who has which role in the end. Every project is in the one domain `default`, and below no other project. */
export function effectiveGrants(state: State): Effective[] {
  return grantsOf(state).flatMap((from) => {
    const users = from.holders === 'users' ? [from.holder] : [...(state.groups.get(from.holder)?.members ?? [])]
    const below = from.kind === 'domains' ? [...state.projects.keys()] : []
    const scopes = from.inherited
      ? below.map((scope) => ({ kind: 'projects', scope }) as const)
      : [{ kind: from.kind, scope: from.scope }]
    return users.flatMap((userId) =>
      scopes.flatMap((at) => {
        const base = { userId, ...at, from }
        return [
          { ...base, role: from.role, prior: null },
          ...implied(state, from.role).map((one) => ({ ...base, ...one }))
        ]
      })
    )
  })
}

function implied(state: State, role: string): { role: string; prior: string }[] {
  const next = IMPLIES[state.roles.get(role)?.name ?? '']
  if (next === undefined) return []
  const id = roleId(state, next)
  return [{ role: id, prior: role }, ...implied(state, id)]
}

/** Names of the roles that a token for the project carries. */
export function rolesIn(state: State, userId: string, projectId: string): readonly string[] {
  const own = state.users.get(userId)?.roles.get(projectId) ?? []
  const others = effectiveGrants(state)
    .filter((one) => one.userId === userId && one.kind === 'projects' && one.scope === projectId)
    .map((one) => state.roles.get(one.role)?.name ?? '')
  return [...new Set([...own, ...others])]
}
