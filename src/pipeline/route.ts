import { errorText } from '../base/error-text.ts'
import type { EnabledPolicy } from '../core/enabled-policy.ts'
import type { Policy } from '../core/policy.ts'
import type { Json } from '../core/query.ts'
import type { RoutedEvent } from '../core/routed-event.ts'
import { type Event, openstackOf } from '../events/event.ts'

/** Which lanes an event wakes, and why others do not care. */
export function route(event: Event, policies: readonly EnabledPolicy[]): RoutedEvent {
  const notes: string[] = []
  const from = openstackOf(event.source)
  const lanes = policies.flatMap(({ policy, settings, openstack = null }) => {
    if (from !== null && openstack !== null && from !== openstack) return []
    const woken = lanesOf(policy, event, settings)
    if ('none' in woken) {
      notes.push(`${policy.name}: ${woken.none}`)
      return []
    }
    return woken.map((key) => ({
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
function lanesOf(policy: Policy, event: Event, settings: Json): readonly string[] | { readonly none: string } {
  try {
    return policy.lanes(event, settings as never)
  } catch (error) {
    return { none: `a bug, please report this: ${errorText(error)}` }
  }
}
