import type { Event } from '../../events/event.ts'
import { expand } from '../../events/openstack/kinds.ts'

/**
 * Types of notifications after which a project may use more or less than before. What only changes a status is not among
 * them. Quota refusals, retypes and changes of limits have no notification: the sweep finds those.
 */
const counting = [
  'compute.instance.{create,delete,soft_delete,restore,finish_resize,resize,resize.confirm,resize.revert,shelve,shelve_offload,unshelve}.{end,error}',
  'instance.{create,delete,soft_delete,restore,resize,resize_finish,resize_confirm,resize_revert,shelve,shelve_offload,unshelve}.{end,error}',
  'compute_task.{build_instances,build_instances.error}',
  '{servergroup,server_group}.{create,delete}',
  '{volume,snapshot,backup}.{create,delete,resize,manage_existing,unmanage}.end',
  'volume.transfer.accept.end',
  '{network,subnet,port,router,floatingip,security_group,security_group_rule}.{create,delete}.end',
  'octavia.loadbalancer.{create,update,delete}.end',
  'identity.project.{created,updated,deleted,disabled}'
]

/** Nova counts a server from the moment that it is written down, and tells of its creation only once it runs. */
const begun = ['compute.instance.update', 'instance.update']

const types = new Set(counting.flatMap(expand))

const counts = ({ type, data }: Event): boolean =>
  types.has(type) || (data.kind === 'server' && data.state === 'building' && begun.includes(type))

/** The lane of an event: its project's, which looks for the project's group. */
export function lanesOf(event: Event): readonly string[] | { readonly none: string } {
  const { type, project, data } = event
  if (data.kind === 'quota-request') return data.policy === 'quota-rebalance' ? [data.lane] : { none: 'not for quotas' }
  if (!counts(event)) return { none: `${type} changes no usage` }
  return project === null ? { none: 'the notification names no project' } : [`project:${project}`]
}
