import type { Event } from '../../events/event.ts'
import { expand } from '../../events/openstack/kinds.ts'
import type { SubjectKind } from './questions/subjects.ts'

/** Types of events whose subject is the very resource, by its kind. The others say it in their data. */
const bySubject: readonly (readonly [SubjectKind, string])[] = [
  ['rbac-policy', 'rbac_policy.{create,update,delete}.end'],
  ['network', 'network.{create,update,delete}.end'],
  ['router', 'router.{create,update,delete}.end'],
  ['router', 'router.interface.{create,delete}'],
  ['port', 'port.{create,update,delete}.end'],
  ['security-group', 'security_group.{create,update,delete}.end'],
  ['floating-ip', 'floatingip.{create,update,delete}.end'],
  [
    'server',
    'compute.instance.{create,delete,soft_delete,force_delete,restore,rebuild,finish_resize,resize.revert}.end'
  ],
  ['server', 'instance.{create,delete,soft_delete,restore,rebuild,resize_finish,resize_revert}.end'],
  ['volume', 'volume.{create,delete,update,attach,detach,manage_existing,unmanage}.end'],
  ['volume', 'volume.{transfer.create,transfer.accept,transfer.delete,reset_status}.end'],
  ['volume', 'volume.retype'],
  ['volume-type', 'volume_type.{create,update,delete}'],
  ['volume-type', 'volume_type_extra_specs.{create,update,delete}'],
  ['volume-type', 'volume_type_encryption.{create,update}'],
  ['volume-type', 'volume_type_project.access.{add,remove}'],
  ['image', 'image.{create,update,upload,activate,delete}'],
  ['image', 'image.member.{create,update,delete}'],
  ['project', 'identity.project.{created,updated,deleted,disabled}'],
  ['project', 'quota.{update,delete}.end'],
  ['group', 'identity.group.{created,updated,deleted}'],
  ['person', 'identity.user.{created,updated,deleted,disabled}'],
  ['trust', 'identity.{OS-TRUST:trust,trust}.{created,deleted}'],
  ['mapping', 'identity.mapping.{created,updated,deleted}']
]

const kinds = new Map(bySubject.flatMap(([kind, types]) => expand(types).map((type) => [type, kind] as const)))

/** Routes an event to the lane of the resource that it is about, or says why it wakes none. */
export function isolationLanesOf({ type, subject, data }: Event): readonly string[] | { readonly none: string } {
  const kind = kinds.get(type)
  const itself = kind === undefined || subject === null ? [] : [`${kind}:${subject}`]
  if (data.kind === 'part') return [`${data.of}:${data.id}`, ...itself]
  if (kind === undefined) return { none: 'changes nothing that keeps clusters apart' }
  return itself.length === 0 ? { none: `the notification names no ${kind}` } : itself
}
