import { quotaResources, quotaServiceOf } from '../../core/quota.ts'
import type { Event } from '../../events/event.ts'
import { expand } from '../../events/openstack/kinds.ts'
import type { QuotaSettings } from './settings.ts'

/**
 * Types of notifications after which a project may use more or less than before. What only changes a status is not among
 * them. Quota refusals, and changes of limits in other services than Neutron, have no notification: the sweep finds those.
 */
const counting = [
  'compute.instance.{create,delete,soft_delete,force_delete,restore,finish_resize,resize,resize.confirm,resize.revert,shelve,shelve_offload,unshelve}.{end,error}',
  'instance.{create,delete,soft_delete,restore,resize,resize_finish,resize_confirm,resize_revert,shelve,shelve_offload,unshelve}.{end,error}',
  'compute_task.{build_instances,build_instances.error}',
  '{servergroup,server_group}.{create,delete}',
  '{volume,snapshot,backup}.{create,delete,resize,manage_existing,unmanage}.end',
  'snapshot.manage_existing_snapshot.end',
  'volume.{transfer.accept.end,revert.end,retype}',
  // What could not be done counts all the same, or does not any more.
  'scheduler.{create_volume,create_snapshot,extend_volume,retype,manage_existing,manage_existing_snapshot}',
  '{network,subnet,port,router,floatingip,security_group,security_group_rule}.{create,delete}.end',
  // It makes and takes a port of which nothing else tells.
  'router.interface.{create,delete}',
  'quota.{update,delete}.end',
  'octavia.loadbalancer.{create,update,delete}.end',
  'identity.project.{created,updated,deleted,disabled}'
]

/** Nova counts a server from the moment that it is written down, and tells of its creation only once it runs. */
const begun = ['compute.instance.update', 'instance.update']

const types = new Set(counting.flatMap(expand))

const counts = ({ type, data }: Event): boolean =>
  types.has(type) || (data.kind === 'server' && data.state === 'building' && begun.includes(type))

/** The resources of a group are called by the names of volume types. */
const naming = new Set(expand('volume_type.{create,update,delete}'))

/**
 * Routes an event to its lane: its project's, which looks for the project's group. Where it may be about any project, the groups
 * themselves.
 */
export function quotaLanesOf(
  event: Event,
  { groups }: QuotaSettings,
  policy: string
): readonly string[] | { readonly none: string } {
  const { type, project, data } = event
  if (data.kind === 'quota-request') return data.policy === policy ? [data.lane] : { none: `for ${data.policy}` }
  const sharing = (concerned: (resource: string) => boolean) =>
    Object.keys(groups).filter((name) => Object.keys(groups[name]!.resources).some(concerned))
  const wake = (names: readonly string[]) =>
    names.length === 0 ? { none: `${type} changes no shared quota` } : names.map((name) => `group:${name}`)
  if (naming.has(type))
    return wake(sharing((resource) => quotaServiceOf(resource) === 'cinder' && !plain.has(resource)))
  if (!counts(event)) return { none: `${type} changes no usage` }
  if (project !== null) return [`project:${project}`]
  // Older Neutrons do not say whose limits they changed.
  if (type.startsWith('quota.')) return wake(sharing((resource) => quotaServiceOf(resource) === 'neutron'))
  return { none: 'the notification names no project' }
}

const plain = new Set(quotaResources.cinder)
