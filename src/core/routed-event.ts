import type { Event } from '../events/event.ts'

/** An event with the lanes that it wakes, or with the reason why it wakes none. */
export interface RoutedEvent {
  readonly event: Event
  readonly lanes: readonly Wake[]
  /** Per policy that looked and was not interested: why. */
  readonly note: string | null
}

/** A lane that an event wakes, with its debounce times. */
export interface Wake {
  readonly policy: string
  readonly key: string
  /** The lane is due `quietMs` after its last event, at the latest `maxMs` after its first. */
  readonly quietMs: number
  readonly maxMs: number
  /** Resources that the lane should look at because of this event. */
  readonly resources: readonly string[]
}
