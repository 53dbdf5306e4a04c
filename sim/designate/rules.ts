import { randomUUID } from 'node:crypto'
import { Refusal } from '../wire.ts'

/** Designate refuses what is no UUID before it looks anything up. */
export function uuid(name: string, id: string): void {
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id))
    throw refuse(400, 'invalid_uuid', `Invalid UUID ${name}: ${id}`)
}

/** SQL LIKE once there is a wildcard, else equality; the database does not tell capitals from small letters. */
export function like(wanted: string, value: unknown): boolean {
  const pattern = wanted.replaceAll('*', '%')
  const found = value === null || value === undefined ? null : String(value)
  if (found === null) return false
  if (!pattern.includes('%')) return found.toLowerCase() === pattern.toLowerCase()
  const expression = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.')
  return new RegExp(`^${expression}$`, 'is').test(found)
}

/** An error in Designate's own shape. */
export function refuse(status: number, type: string, message: string, errors?: unknown): Refusal {
  const body = {
    code: status,
    type,
    message,
    request_id: `req-${randomUUID()}`,
    ...(errors === undefined ? {} : { errors })
  }
  return new Refusal({ status, body })
}

/** The error of its validation. */
export function invalid(path: string, message: string): Refusal {
  return refuse(400, 'invalid_object', 'Provided object does not match schema', { errors: [{ path: [path], message }] })
}

/** The error of its quotas, which no Retry-After goes with. */
export function overQuota(resource: string): Refusal {
  return refuse(413, 'over_quota', `Quota exceeded for ${resource}.`)
}
