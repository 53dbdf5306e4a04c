import type { Method, ServiceAnswer } from './answers.ts'
import type { ServiceType } from './catalogue.ts'
import type { CallOptions, Cloud } from './cloud.ts'

/** What a changing call left: the service's own id of it, as in its logs. */
export type RequestId = string | null

/** A changing call of one service; `call` carries the id that its echo on the bus is recognised by. */
export type Send = (method: Method, path: string, body: unknown, call: CallOptions) => Promise<ServiceAnswer>

/** Makes the function that sends changing calls to one service. */
export function sender(cloud: Cloud, service: ServiceType, microversion?: string): Send {
  return (method, path, body, call) =>
    cloud.request(service, method, path, {
      ...call,
      ...(body === undefined ? {} : { body }),
      ...(microversion === undefined ? {} : { microversion })
    })
}
