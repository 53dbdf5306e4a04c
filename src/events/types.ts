import { gitlabKinds, namesOfGitlab, openstackNames } from './names.ts'
import { expand, kindOf, kinds } from './openstack/kinds.ts'

/** A type of events that may come, and what conditions may read of them. `*` in it stands for anything. */
export interface KnownType {
  readonly type: string
  readonly sender: 'gitlab' | 'openstack'
  readonly names: readonly string[]
}

/** What GitLab says happened to a merge request. Its *Test* button says nothing of the kind, and is of no such type. */
const mergeRequestActions = [
  'open',
  'close',
  'reopen',
  'update',
  'approved',
  'unapproved',
  'approval',
  'unapproval',
  'merge'
]

const ofGitlab: readonly KnownType[] = gitlabKinds.flatMap((kind) => {
  const names = namesOfGitlab(kind)
  const types = kind === 'merge_request' ? mergeRequestActions.map((action) => `${kind}.${action}`) : [kind]
  return types.map((type) => ({ type: `gitlab.${type}`, sender: 'gitlab', names }))
})

const ofOpenstack: readonly KnownType[] = kinds.flatMap((kind) => {
  if (kind.service === 'any' || 'ignored' in kind) return []
  const names = openstackNames(kind.becomes)
  return expand(kind.types).map((type) => ({ type, sender: 'openstack', names }))
})

/** Every type that may become an event, but for those of our own. */
export const knownTypes: readonly KnownType[] = [...ofGitlab, ...ofOpenstack]

/** The types that `on` of a rule names: one of them, or all that begin as it does where it ends in `*`. */
export function typesOn(on: string): readonly KnownType[] {
  if (on.endsWith('*')) {
    const prefix = on.slice(0, -1)
    return knownTypes.filter(({ type }) => type.startsWith(prefix) || isWithin(prefix, type))
  }
  const exact = knownTypes.filter(({ type }) => type === on)
  if (exact.length > 0 || on.startsWith('gitlab.')) return exact
  const kind = kindOf(on)
  return kind.service === 'any' || 'ignored' in kind
    ? []
    : [{ type: on, sender: 'openstack', names: openstackNames(kind.becomes) }]
}

/** Whether types that begin so may be among those of an open family such as `identity.*`. */
const isWithin = (prefix: string, type: string): boolean => {
  const star = type.indexOf('*')
  return star > 0 && prefix.startsWith(type.slice(0, star))
}

/** Why notifications of this type are never events; null where they may be, or nobody knows the type. */
export function neverAnEvent(type: string): string | null {
  const kind = kindOf(type)
  return 'ignored' in kind ? kind.ignored : null
}
