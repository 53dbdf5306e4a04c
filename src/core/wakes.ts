import { errorText } from '../base/error-text.ts'
import type { Event, Ignored } from '../events/event.ts'
import type { RoutedEvent, Wake } from './routed-event.ts'

/** What a batch of events does to one lane, folded before the lane is written. */
export interface Woken {
  wake: Wake
  readonly seqs: number[]
  /** Resource → newest seq that named it. */
  readonly resources: Map<string, number>
}

/** Adds to what a batch does to its lanes: the event of this seq wakes one of them. */
export function addWake(lanes: Map<string, Woken>, wake: Wake, seq: number): void {
  const name = `${wake.policy}\0${wake.key}`
  let woken = lanes.get(name)
  if (woken === undefined) {
    woken = { wake, seqs: [], resources: new Map() }
    lanes.set(name, woken)
  }
  woken.wake = wake
  // A policy may name one lane twice for one event.
  if (woken.seqs.at(-1) !== seq) woken.seqs.push(seq)
  for (const resource of wake.resources) woken.resources.set(resource, seq)
}

/** The action of ours that caused an event, with the lane that it belongs to. */
export interface Echo {
  readonly id: string
  readonly policy: string
  readonly key: string
}

/** Leaves out the lane whose own action caused the event, and says so. */
export function withoutEcho(
  { lanes, note }: Pick<RoutedEvent, 'lanes' | 'note'>,
  echo: Echo | undefined
): { readonly wakes: readonly Wake[]; readonly note: string | null } {
  const isOwn = (wake: Wake) => echo !== undefined && wake.policy === echo.policy && wake.key === echo.key
  const wakes = lanes.filter((wake) => !isOwn(wake))
  if (wakes.length < lanes.length) return { wakes, note: causedBy(echo!.id) }
  return { wakes, note: wakes.length > 0 ? null : note }
}

/** Says why an event needs no decision: it is the notification of our own change. */
export const causedBy = (action: string): string => `caused by our own action ${action}`

/** Records a repeated delivery as a fact of its own, which wakes nothing. */
export const toldAgain = (event: Event, seq: number): Ignored =>
  ignored(event, `told again: this happened once and is event ${seq}, which another delivery told before`)

/** Reduces an event that cannot be written to what can be. */
export const unwritable = (event: Event, error: unknown): Ignored =>
  ignored(event, `it could not be written (${errorText(error, 200)}): please report this`)

const ignored = ({ id, source, type, subject, time, project }: Event, reason: string): Ignored => ({
  ...{ id, source, type, subject, time, project },
  reason
})
