import { errorText } from '../base/error-text.ts'
import { type EnabledPolicy, lanesOf } from '../core/enabled-policy.ts'
import type { Policy } from '../core/policy.ts'
import type { RoutedEvent } from '../core/routed-event.ts'
import { type Event, openstackOf } from '../events/event.ts'

/** Routes an event to the lanes that it wakes, and says why others do not care. */
export function route(event: Event, policies: readonly EnabledPolicy[]): RoutedEvent {
  const notes: string[] = []
  const from = openstackOf(event.source)
  const lanes = policies.flatMap((enabled) => {
    const { policy, openstack = null } = enabled
    if (from !== null && openstack !== null && from !== openstack) return []
    const woken = lanesAt(enabled, event)
    if ('none' in woken) {
      notes.push(`${policy.name}: ${woken.none}`)
      return []
    }
    return woken.map((key: string) => ({
      policy: policy.name,
      key,
      quietMs: policy.quietMs,
      maxMs: policy.maxMs,
      resources: []
    }))
  })
  const bound = policies.flatMap(({ openstack }) => openstack ?? [])
  if (from !== null && bound.length > 0 && !bound.includes(from)) notes.push(`no policy is for the OpenStack ${from}`)
  return { event, lanes, note: notes.length === 0 ? null : notes.join('; ') }
}

/** A policy that throws at an event keeps neither the event nor those that came with it from being journalled. */
function lanesAt(enabled: EnabledPolicy, event: Event): ReturnType<Policy['lanes']> {
  try {
    return lanesOf(enabled, event)
  } catch (error) {
    return { none: `a bug, please report this: ${errorText(error)}` }
  }
}
