import { fields } from '../openstack/answer-fields.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { type RequestId, sender } from '../openstack/send.ts'
import { askServer } from './ask-server.ts'

/** How a server is held now. */
export interface ServerHold {
  readonly id: string
  readonly name: string
  readonly projectId: string
  /** Nova's own word: `ACTIVE`, `SHUTOFF`, `PAUSED`, … */
  readonly status: string
  readonly locked: boolean
  /** null: none was given. */
  readonly lockedReason: string | null
  readonly metadata: Readonly<Record<string, string>>
}

/** Changes Nova to close a breach, or to open it again, as its administrator. Every call throws the OpenStackError of Nova. */
export interface ComputeRemedies {
  /** null only when Nova itself says that this server does not exist. */
  getHold(id: string, call?: CallOptions): Promise<ServerHold | null>
  /** Answered before it is done: the port loses its server, or is deleted where Nova made it, some seconds later. */
  detachInterface(serverId: string, portId: string, call: CallOptions): Promise<RequestId>
  attachInterface(serverId: string, portId: string, call: CallOptions): Promise<RequestId>
  lock(id: string, reason: string, call: CallOptions): Promise<RequestId>
  unlock(id: string, call: CallOptions): Promise<RequestId>
  /** Answered before it is done. */
  stop(id: string, call: CallOptions): Promise<RequestId>
  /** Answered before it is done. */
  start(id: string, call: CallOptions): Promise<RequestId>
}

// From 2.73 a lock has a reason, and shows it.
const MICROVERSION = '2.73'

/** Makes the client of the changes to Nova that close a breach, or open it again. */
export function createComputeRemedies(cloud: Cloud): ComputeRemedies {
  const send = sender(cloud, 'compute', MICROVERSION)
  const at = (id: string) => `/servers/${encodeURIComponent(id)}`
  const act = async (id: string, body: unknown, call: CallOptions) =>
    (await send('POST', `${at(id)}/action`, body, call)).requestId

  return {
    getHold: async (id, call) => {
      const found = await askServer(cloud, id, MICROVERSION, call)
      if (found === null) return null
      const server = fields(found.answer, found.server, 'server')
      const status = server.text('status')
      const base = { id: server.text('id'), projectId: server.text('tenant_id'), status }
      // Of a server in a down cell nothing else is known.
      if (status === 'UNKNOWN') return { ...base, name: id, locked: false, lockedReason: null, metadata: {} }
      return {
        ...base,
        name: server.text('name'),
        locked: server.flagOrFalse('locked'),
        lockedReason: server.textOrNull('locked_reason'),
        metadata: server.object('metadata') as Record<string, string>
      }
    },
    detachInterface: async (serverId, portId, call) =>
      (await send('DELETE', `${at(serverId)}/os-interface/${encodeURIComponent(portId)}`, undefined, call)).requestId,
    attachInterface: async (serverId, portId, call) => {
      const body = { interfaceAttachment: { port_id: portId } }
      return (await send('POST', `${at(serverId)}/os-interface`, body, call)).requestId
    },
    lock: (id, reason, call) => act(id, { lock: { locked_reason: reason.slice(0, 255) } }, call),
    unlock: (id, call) => act(id, { unlock: null }, call),
    stop: (id, call) => act(id, { 'os-stop': null }, call),
    start: (id, call) => act(id, { 'os-start': null }, call)
  }
}
