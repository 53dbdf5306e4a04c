import { randomUUID } from 'node:crypto'
import type { Context } from '../notify.ts'
import { type Call, Refusal, type Reply } from '../wire.ts'

/** The minor number that the caller asks for; 1 where it does not. */
export function microversion(call: Call): number {
  const asked = /^compute 2\.(\d+)$/.exec(String(call.headers['openstack-api-version'] ?? ''))?.[1]
  const old = /^2\.(\d+)$/.exec(String(call.headers['x-openstack-nova-api-version'] ?? ''))?.[1]
  return Number(asked ?? old ?? 1)
}

/** A call of Nova to Neutron in the user's name: a request of its own. */
export function asNeutron(context: Context): Context {
  return { ...context, service: 'neutron', requestId: `req-${randomUUID()}`, globalRequestId: null }
}

export function contextOf(call: Call): Context {
  return { service: 'nova', token: call.token, requestId: call.requestId, globalRequestId: call.globalRequestId }
}

/** An error in the shape of Nova, thrown. */
export function refuse(status: number, message: string): Refusal {
  return new Refusal(fault(status, message))
}

/** An error in the shape of Nova. */
export function fault(status: number, message: string): Reply {
  const names: Record<number, string> = {
    ...{ 400: 'badRequest', 401: 'unauthorized', 403: 'forbidden', 404: 'itemNotFound', 409: 'conflictingRequest' },
    ...{ 413: 'overLimit', 429: 'overLimit', 501: 'notImplemented', 503: 'serviceUnavailable' }
  }
  return { status, body: { [names[status] ?? 'computeFault']: { code: status, message } } }
}
