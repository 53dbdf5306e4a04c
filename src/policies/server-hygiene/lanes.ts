import type { Event } from '../../events/event.ts'
import { expand } from '../../events/openstack/kinds.ts'
import { resourceId } from '../shared/resource-id.ts'
import type { ResourceKind } from './subject.ts'

/** Types of events that may say that something came into use, or out of it. A look follows; what they say is not believed. */
const kinds = new Map<string, ResourceKind>(
  (
    [
      ['server', 'compute.instance.{create,delete,soft_delete,restore,power_on,power_off,rebuild,shutdown}.end'],
      ['server', 'compute.instance.{create,rebuild}.error'],
      ['server', 'instance.{create,delete,soft_delete,restore,power_on,power_off,rebuild,shutdown}.end'],
      ['server', 'instance.{create,rebuild}.error'],
      ['volume', 'volume.{create,delete,attach,detach,update}.end'],
      ['floatingip', 'floatingip.{create,update,delete}.end']
    ] as const
  ).flatMap(([kind, types]) => expand(types).map((type) => [type, kind] as const))
)

/** Routes an event to the lane of the resource that it is about, `<kind>/<project>/<id>`, or says why it wakes none. */
export function hygieneLanes({ type, subject, project }: Event): readonly string[] | { readonly none: string } {
  const kind = kinds.get(type)
  if (kind === undefined) return { none: 'says nothing about what is used and what is not' }
  if (subject === null || project === null) return { none: `the notification names no ${kind} and project` }
  return [resourceId(kind, project, subject)]
}

/** Parses a lane's key. */
export function laneParts(key: string): { readonly kind: ResourceKind; readonly project: string; readonly id: string } {
  const [kind = '', project = '', id = ''] = key.split('/')
  return { kind: kind as ResourceKind, project, id }
}
