import type { Event, Ignored, Normalised } from './event.ts'
import { readCinder } from './openstack/cinder.ts'
import { readDesignate } from './openstack/designate.ts'
import { parseEnvelope } from './openstack/envelope.ts'
import { boundedName, object, requestId, userId, uuid } from './openstack/fields.ts'
import type { ReadPayload } from './openstack/found.ts'
import { noData } from './openstack/found.ts'
import { readGlance } from './openstack/glance.ts'
import { readKeystone } from './openstack/keystone.ts'
import type { Publisher } from './openstack/kinds.ts'
import { kindOf, sampled } from './openstack/kinds.ts'
import { readNeutron } from './openstack/neutron.ts'
import { readNova } from './openstack/nova.ts'
import { readOctavia } from './openstack/octavia.ts'
import { isService, serviceOf } from './openstack/senders.ts'

/** A notification as the broker delivered it. */
export interface RawNotification {
  readonly exchange: string
  readonly routingKey: string
  readonly body: Uint8Array
  readonly headers?: Readonly<Record<string, unknown>>
}

/** The OpenStack and region whose broker a notification came from. */
export interface BrokerOrigin {
  readonly openstack: string
  readonly region: string
}

const readers: Readonly<Record<Publisher, ReadPayload>> = {
  nova: readNova,
  neutron: readNeutron,
  keystone: readKeystone,
  cinder: readCinder,
  glance: readGlance,
  octavia: readOctavia,
  designate: readDesignate
}

/** oslo.messaging notification → events. Pure, and never throws, whatever the bytes. */
export function normaliseOpenstack(raw: RawNotification, origin: BrokerOrigin): Normalised {
  try {
    return normalise(raw, origin)
  } catch (error) {
    // Only the class: a message of an error may quote the notification.
    return { ok: false, reason: `it could not be read (${error instanceof Error ? error.name : 'unknown error'})` }
  }
}

function normalise(raw: RawNotification, origin: BrokerOrigin): Normalised {
  const notification = parseEnvelope(raw.body, object(raw.headers))
  if (typeof notification === 'string') return { ok: false, reason: notification }
  const { messageId, type, time, body } = notification
  const kind = isSample(raw.routingKey, body.priority) ? sampled : kindOf(type)
  const service = serviceOf(raw.exchange, type, body.publisher_id)
  const source = `/openstack/${origin.openstack}/${origin.region}/${service}`
  const becomes = 'becomes' in kind ? kind.becomes : 'none'
  const read = isService(service) ? readers[service] : readAnything
  const contextRequest = requestId(body._context_request_id)
  const contextUser = userId(body._context_user_id) ?? userId(body._context_user)
  const contextName = contextUser === null ? null : boundedName(body._context_user_name)
  const contextGlobal = requestId(body._context_global_request_id)

  const events: Event[] = []
  const ignored: Ignored[] = []
  let n = 0
  for (const found of read(body.payload, type, becomes)) {
    const id = `${messageId}/${type}#${n++}`
    const { subject, project } = found
    const reason = 'ignored' in kind ? kind.ignored : found.ignored
    if (reason !== undefined) {
      ignored.push({ id, source, type, subject, time, project, reason })
      continue
    }
    events.push({
      id,
      source,
      type,
      subject,
      time,
      project,
      requestId: contextRequest ?? found.requestId ?? null,
      globalRequestId: contextGlobal ?? found.globalRequestId ?? null,
      userId: contextUser ?? found.userId ?? null,
      ...(contextName === null ? {} : { userName: contextName }),
      data: found.data
    })
  }
  return { ok: true, events, ignored }
}

/** What is sent at this priority is a measurement, whatever its type. */
function isSample(routingKey: string, priority: unknown): boolean {
  return priority === 'SAMPLE' || routingKey.endsWith('.sample')
}

/** Of a sender that we know nothing about: what can only be an id, where everybody puts it. */
const readAnything: ReadPayload = (payload) => {
  const body = object(payload)
  return [{ subject: uuid(body.id), project: uuid(body.project_id) ?? uuid(body.tenant_id), data: noData }]
}
