import type { EventData } from '../event.ts'
import { addresses, boundedName, id, lowerWord, object } from './fields.ts'
import type { JsonObject, PayloadFacts, ReadPayload } from './found.ts'
import { noData } from './found.ts'

/** Nova's two formats: the legacy one is flat, the versioned one wraps each object in `nova_object.*` keys. */
export const readNova: ReadPayload = (payload, type, becomes) => {
  const outer = object(payload)
  const versioned = 'nova_object.data' in outer
  const body = unwrap(outer)
  const subject = versioned ? versionedSubject(body, type) : legacySubject(body, type)
  const data = becomes !== 'server' || subject === null ? noData : server(body, type, versioned)
  return [{ subject, project: projectOf(body), data } satisfies PayloadFacts]
}

const deleted = /\.(force_)?delete\.end$/

function server(body: JsonObject, type: string, versioned: boolean): EventData {
  const now = boundedName(body.display_name)
  const before = boundedName(body.old_display_name)
  return {
    kind: 'server',
    name: now,
    oldName: before !== null && before !== '' && before !== now ? before : null,
    // A server that never had a host, or whose host is down, is deleted by the API: its state is still the old one then.
    state: deleted.test(type) ? 'deleted' : lowerWord(body.state),
    addresses: versioned
      ? addresses(body.ip_addresses, 'address', (entry) => unwrap(object(entry)))
      : addresses(body.fixed_ips, 'address')
  }
}

function legacySubject(body: JsonObject, type: string): string | null {
  if (type.startsWith('scheduler.')) return id(object(object(body.request_spec).instance_properties).uuid)
  return id(body.instance_id) ?? id(body.server_group_id) ?? id(body.aggregate_id) ?? named(body.key_name, type)
}

function versionedSubject(body: JsonObject, type: string): string | null {
  return id(body.uuid) ?? id(body.instance_uuid) ?? id(body.flavorid) ?? named(body.name, type)
}

/** Key pairs have no other id than their name, which may hold spaces. */
function named(value: unknown, type: string): string | null {
  return type.startsWith('keypair.') ? boundedName(value) : null
}

/** Errors of the conductor and the scheduler's steps say it only inside the request specification. */
function projectOf(body: JsonObject): string | null {
  const direct = id(body.tenant_id) ?? id(body.project_id)
  if (direct !== null) return direct
  const spec = body.request_spec
  if (spec === undefined) return null
  const unwrapped = unwrap(object(spec))
  return id(unwrapped.project_id) ?? id(object(unwrapped.instance_properties).project_id)
}

function unwrap(value: JsonObject): JsonObject {
  return 'nova_object.data' in value ? object(value['nova_object.data']) : value
}
