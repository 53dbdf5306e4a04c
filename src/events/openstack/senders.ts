import { visible } from './fields.ts'
import type { Publisher } from './kinds.ts'
import { serviceOfType } from './kinds.ts'

/**
 * How publisher ids of Nova, Neutron and Cinder begin; nobody can configure these. Their types are words that others use as
 * well: Watcher tells `service.update`, too.
 */
const publishers =
  /^(nova-[a-z]+:|(compute|compute_task|conductor|api|scheduler|aggregate|servergroup|network|router|metering|volume|snapshot|backup|group|consistencygroup|cgsnapshot|capacity|QoSSpecs)[A-Za-z_]*\.)/
const fixed: readonly (Publisher | null)[] = ['nova', 'neutron', 'cinder']

const services: readonly string[] = [
  'nova',
  'neutron',
  'keystone',
  'cinder',
  'glance',
  'octavia',
  'designate'
] satisfies readonly Publisher[]

/** Whether a name is that of a service which we know. */
export const isService = (name: string): name is Publisher => services.includes(name)

/**
 * The exchange says it, except where several services share one: `openstack` is Cinder's, Heat's and Magnum's default,
 * and an operator may set any `control_exchange`. Then the type does, unless who publishes it is somebody else.
 */
export function serviceOf(exchange: string, type: string, publisher: unknown): string {
  if (isService(exchange)) return exchange
  const known = serviceOfType(type)
  const stranger = typeof publisher === 'string' && fixed.includes(known) && !publishers.test(publisher)
  if (known !== null && !stranger) return known
  return exchange.length <= 64 && visible(exchange) && !exchange.includes('/') ? exchange : 'unknown'
}
