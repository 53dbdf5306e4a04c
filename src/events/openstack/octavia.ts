import { address, boundedName, id, object } from './fields.ts'
import type { ReadPayload } from './found.ts'
import { noData } from './found.ts'

/** The worker sends the provider's dictionary (`loadbalancer_id`), the documentation shows the data model (`id`, `vip`). */
export const readOctavia: ReadPayload = (payload, _type, becomes) => {
  const body = object(payload)
  const vip = object(body.vip)
  const subject = id(body.loadbalancer_id) ?? id(body.id)
  const project = id(body.project_id)
  if (becomes !== 'loadbalancer' || subject === null) return [{ subject, project, data: noData }]
  const data = {
    kind: 'loadbalancer',
    name: boundedName(body.name),
    address: address(body.vip_address) ?? address(vip.ip_address),
    portId: id(body.vip_port_id) ?? id(vip.port_id),
    networkId: id(body.vip_network_id) ?? id(vip.network_id)
  } as const
  return [{ subject, project, data }]
}
