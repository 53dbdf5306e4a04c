import { Refusal, type Reply } from '../wire.ts'
import { type Kind, qualified } from './kinds.ts'

/** The API server's own shape of an error. */
export function status(code: number, reason: string, message: string, more: object = {}): Reply {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...more, code }
  return { status: code, body }
}

const thrown = (reply: Reply) => new Refusal(reply)

export const notFound = (kind: Kind, name: string) =>
  thrown(
    status(404, 'NotFound', `${qualified(kind)} "${name}" not found`, {
      details: { name, group: kind.group, kind: kind.plural }
    })
  )

export const conflict = (kind: Kind, name: string) =>
  thrown(
    status(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${qualified(kind)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      { details: { name, group: kind.group, kind: kind.plural } }
    )
  )

export const exists = (kind: Kind, name: string) =>
  thrown(status(409, 'AlreadyExists', `${qualified(kind)} "${name}" already exists`))

export const unsupported = (accepted: readonly string[]) =>
  thrown(
    status(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`
    )
  )

export const forbidden = (user: string, verb: string, kind: Kind, name: string, namespace: string | null) =>
  thrown(
    status(
      403,
      'Forbidden',
      `${qualified(kind)}${name ? ` "${name}"` : ''} is forbidden: User "${user}" cannot ${verb} resource "${kind.plural}" in API group "${kind.group}"${namespace === null ? ' at the cluster scope' : ` in the namespace "${namespace}"`}`
    )
  )
