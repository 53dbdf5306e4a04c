import type { Subject, SubjectKind } from '../../state/isolation/subjects.ts'

/** The lane of a resource. */
export const laneOf = ({ kind, id }: Subject): string => `${kind}:${id}`

/** The id by which its service knows it: that of an application credential is written behind its user's. */
export const ownId = (id: string): string => id.slice(id.lastIndexOf('/') + 1)

/** What a lane's key says; the id of an application credential is `<user id>/<id>`. */
export function readLane(key: string): { readonly kind: SubjectKind | 'group'; readonly id: string } {
  const colon = key.indexOf(':')
  return { kind: key.slice(0, colon) as SubjectKind, id: key.slice(colon + 1) }
}

/** `<kind>/<project id>/<id>`, with `-` for those that belong to no project. */
export const resourceOf = ({ kind, projectId, id }: Subject): string => `${kind}/${projectId || '-'}/${id}`

/** Every id and name by which somebody may mean this resource, or what would be cut with it. */
export function namesOf(subject: Subject): readonly string[] {
  const names = [subject.id, subject.name, ...behind(subject)]
  return names.filter((one): one is string => one !== null && one !== '')
}

function behind(subject: Subject): readonly (string | null)[] {
  switch (subject.kind) {
    case 'rbac-policy':
      return [subject.objectId, subject.objectName]
    case 'port':
      return [subject.deviceId, subject.deviceName, ...subject.addresses]
    case 'router':
      return subject.interfaces.flatMap((one) => [one.portId, ...one.addresses])
    case 'floating-ip':
      return [
        ...[subject.address, subject.portId, subject.serverId, subject.serverName],
        ...(subject.forwardings ?? []).flatMap((one) => [one.portId, one.serverId, one.serverName])
      ]
    case 'volume':
      return subject.attachedTo
    case 'application-credential':
      return [ownId(subject.id), subject.userId, subject.userName]
    case 'trust':
      return [subject.trustorId, subject.trusteeId]
    default:
      return []
  }
}

/** The entry of `protected` that covers one of the names; `*` in it matches anything. */
export function protector(names: readonly string[], protectedNames: readonly string[]): string | null {
  return protectedNames.find((entry) => names.some((name) => matches(entry, name))) ?? null
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
