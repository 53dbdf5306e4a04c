import { boundName } from '../../core/bound-name.ts'
import { parseRange } from './cidr.ts'
import type { Subject, SubjectKind } from './questions/subjects.ts'
import type { IsolationSettings } from './settings.ts'
import type { World } from './world.ts'

/** Names the lane of a resource. */
export const laneOf = ({ kind, id }: Subject): string => `${kind}:${id}`

/** Returns the id by which its service knows a resource: that of an application credential is written behind its user's. */
export const ownId = (id: string): string => id.slice(id.lastIndexOf('/') + 1)

/** Parses a lane's key; the id of an application credential is `<user id>/<id>`. */
export function readLane(key: string): { readonly kind: SubjectKind | 'group'; readonly id: string } {
  const colon = key.indexOf(':')
  return { kind: key.slice(0, colon) as SubjectKind, id: key.slice(colon + 1) }
}

/** Names a resource as lanes and journal do: `<kind>/<project id>/<id>`, with `-` for those that belong to no project. */
export const resourceOf = ({ kind, projectId, id }: Subject): string => `${kind}/${projectId || '-'}/${id}`

/** What somebody may mean a resource by, or what would be cut with it. */
export interface Names {
  /** Given by the services: nobody chooses them. */
  readonly ids: readonly string[]
  /** Chosen by people of a project; `of` null: only administrators give such names, '': nobody knows whose it is. */
  readonly names: readonly { readonly name: string; readonly of: string | null }[]
}

/**
 * Collects what somebody may mean a resource by. `details`: of what was found on it. A port's `device_id` counts where the server really
 * is its project's.
 */
export function namesOf(subject: Subject, details: readonly string[] = []): Names {
  const { ids, names } = behind(subject)
  const of = subject.kind === 'volume-type' || subject.kind === 'mapping' ? null : (subject.projectId ?? '')
  // A field that its service left empty may be in what a rule found.
  const said = details.filter((one) => typeof one === 'string')
  const ranges = said.filter((one) => parseRange(one) !== null)
  const all = [{ name: subject.name, of }, ...names, ...ranges.map((name) => ({ name, of }))]
  return {
    ids: [subject.id, ...ids, ...said.filter((one) => !ranges.includes(one))].filter((id): id is string => !!id),
    names: all.flatMap(({ name, of }) => (name === null || name === '' ? [] : [{ name, of }]))
  }
}

interface Behind {
  readonly ids: readonly (string | null)[]
  readonly names: readonly { readonly name: string | null; readonly of: string }[]
}

function behind(subject: Subject): Behind {
  const called = (of: string | null, ...names: readonly (string | null)[]) =>
    names.map((name) => ({ name, of: of ?? '' }))
  switch (subject.kind) {
    case 'rbac-policy':
      return { ids: [subject.objectId], names: called(subject.objectProjectId, subject.objectName) }
    case 'port':
      return {
        ids: subject.deviceProjectId === null ? [] : [subject.deviceId],
        names: [
          ...called(subject.deviceProjectId, subject.deviceName),
          ...called(subject.projectId, ...subject.addresses)
        ]
      }
    case 'router':
      return {
        ids: subject.interfaces.map((one) => one.portId),
        names: called(subject.projectId, ...subject.interfaces.flatMap((one) => one.addresses))
      }
    case 'floating-ip': {
      const forwardings = subject.forwardings ?? []
      return {
        ids: [subject.portId, subject.serverId, ...forwardings.flatMap((one) => [one.portId, one.serverId])],
        names: [
          ...called(subject.projectId, subject.address),
          ...called(subject.portProjectId, subject.serverName),
          ...forwardings.flatMap((one) => called(one.portProjectId, one.serverName))
        ]
      }
    }
    case 'volume':
      return { ids: subject.attachedTo, names: [] }
    case 'application-credential':
      return { ids: [ownId(subject.id), subject.userId], names: called('', subject.userName) }
    case 'trust':
      return { ids: [subject.trustorId, subject.trusteeId], names: [] }
    default:
      return { ids: [], names: [] }
  }
}

/** How an entry of the configuration means a resource; `bare`: by a name that anybody may give to theirs. */
export type Meant = 'surely' | 'bare' | null

/** Tells whether an entry means it: by an id, or by a name of the cluster or project that the entry says. `*` in it matches anything. */
export function meant(entry: string, { ids, names }: Names, world: Pick<World, 'settings' | 'clusterOf'>): Meant {
  if (ids.some((id) => matches(entry, id))) return 'surely'
  const { owner, name } = boundName(entry, clusterNames(world.settings))
  const called = names.filter((one) => matches(name, one.name))
  if (called.some(({ of }) => of === null)) return 'surely'
  if (owner === null) return called.length > 0 ? 'bare' : null
  const whose = (of: string | null) => of !== null && of !== '' && (of === owner || world.clusterOf(of)?.name === owner)
  return called.some(({ of }) => whose(of)) ? 'surely' : null
}

/** Clusters by which a name may be bound: all of the configuration. */
const clusterNames = ({ clusters, placed }: IsolationSettings): readonly string[] => Object.keys(placed ?? clusters)

/** Finds the entry of `protected` that covers a resource, a sure one first; null: none. */
export function protector(names: Names, world: World): { readonly entry: string; readonly meant: Meant } | null {
  const found = world.settings.protected.map((entry) => ({ entry, meant: meant(entry, names, world) }))
  return found.find((one) => one.meant === 'surely') ?? found.find((one) => one.meant === 'bare') ?? null
}

function matches(entry: string, name: string): boolean {
  const [first = '', ...rest] = entry.split('*')
  if (rest.length === 0) return entry === name
  const last = rest.pop()!
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0 || found + part.length > name.length - last.length) return false
    at = found + part.length
  }
  return true
}
