import type { EventData, PartData } from '../event.ts'
import { address, addresses, id, object, own } from './fields.ts'
import type { JsonObject, PayloadFacts, ReadPayload } from './found.ts'
import { noData } from './found.ts'
import type { DataKind } from './kinds.ts'

/** Neutron sends what its API answers: `{port: {…}}`, for a bulk create `{ports: […]}`, for a delete also `port_id`. */
export const readNeutron: ReadPayload = (payload, type, becomes) => {
  const body = object(payload)
  const resource = type.slice(0, type.indexOf('.'))
  if (type.endsWith('.start')) return [started(body, resource, type)]
  // A port's binding to a host: its `binding_id` is the host's name, and of the port it says nothing.
  if (resource === 'binding') return [{ subject: null, project: null, data: noData }]
  if (type.startsWith('router.interface.')) return [found(object(body.router_interface), null, 'none')]
  if (resource === 'quota') return [quota(body)]
  if (type.startsWith('tag.')) return [{ subject: id(body.obj_resource_id), project: null, data: noData }]
  const many = own(body, plural(resource))
  if (Array.isArray(many) && many.length > 0) return many.map((one) => found(object(one), null, becomes))
  return [found(object(own(body, resource)), id(own(body, `${resource}_id`)), becomes)]
}

/** A `.create.start` is the caller's own request: an id in it is whatever they typed. */
function started(body: JsonObject, resource: string, type: string): PayloadFacts {
  const named = type.endsWith('.update.start') ? id(body.id) : id(own(body, `${resource}_id`))
  return { subject: resource === 'binding' ? null : named, project: null, data: noData }
}

/** The limits of a project, which is all the id that they have. */
function quota(body: JsonObject): PayloadFacts {
  const project = id(object(body.quota).project_id) ?? id(body.quota_id)
  return { subject: project, project, data: noData }
}

function found(one: JsonObject, deleted: string | null, becomes: DataKind): PayloadFacts {
  const subject = id(one.id) ?? deleted
  const project = id(one.project_id) ?? id(one.tenant_id)
  return { subject, project, data: subject === null ? noData : data(one, becomes) }
}

function data(one: JsonObject, becomes: DataKind): EventData {
  switch (becomes) {
    case 'port':
      return {
        kind: 'port',
        deviceId: id(one.device_id),
        deviceOwner: id(one.device_owner),
        networkId: id(one.network_id),
        addresses: addresses(one.fixed_ips, 'ip_address')
      }
    case 'floatingip':
      return {
        kind: 'floatingip',
        address: address(one.floating_ip_address),
        fixedAddress: address(one.fixed_ip_address),
        portId: id(one.port_id)
      }
    case 'part':
      return part(one)
    default:
      return noData
  }
}

/** What has to be looked at where this changed: what a rule means, say, is decided by the group that it is in. */
function part(one: JsonObject): EventData {
  const wholes: readonly (readonly [PartData['of'], unknown])[] = [
    // Sharing a network with everybody is its `shared`, by another name.
    ['network', one.object_type === 'network' ? one.object_id : null],
    ['security-group', one.security_group_id],
    // A subnet.
    ['network', one.network_id],
    // A port forwarding; Neutron names its floating IP in a deletion only.
    ['floating-ip', one.floatingip_id],
    ['port', one.internal_port_id]
  ]
  for (const [of, value] of wholes) {
    const whole = id(value)
    if (whole !== null) return { kind: 'part', of, id: whole }
  }
  return noData
}

function plural(resource: string): string {
  return resource.endsWith('y') ? `${resource.slice(0, -1)}ies` : `${resource}s`
}
