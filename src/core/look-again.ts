import type { Event } from '../events/event.ts'
import type { RoutedEvent, Wake } from './routed-event.ts'

/** A step and a decision that disagree for ever must not do so a hundred times a second. */
const calmMs = 1000

/** The lane that is to be decided again, with what its events wait for each other. */
export interface Looking {
  readonly policy: string
  readonly key: string
  readonly quiet: number
  readonly max: number
}

/** The attempt whose step was no use: what it expected is not so, or the guard gave it back. */
interface Tried {
  readonly why: 'again' | 'stale'
  /** The action's id, and how often it was tried. */
  readonly action: string
  readonly attempt: number
  readonly reason: string
}

/** Builds the event that has a lane decided again because the world, or what holds, is not what its plan expected. */
export function triedInVain({ policy, key, quiet, max }: Looking, tried: Tried, now: number): RoutedEvent {
  const { why, action, attempt, reason } = tried
  const id = `${action}/${why}#${attempt}${why === 'again' ? `-${now}` : ''}`
  const from = { id, source: '/stackreflex/act', type: `stackreflex.${why}` }
  const wake = { policy, key, quietMs: Math.max(quiet, calmMs), maxMs: Math.max(max, calmMs), resources: [] }
  return { event: own(from, { policy, key }, reason, now), lanes: [wake], note: null }
}

/** Builds the event that has a held lane decided again: one for each, so that `explain` can say why. */
export function released({ policy, key }: Pick<Looking, 'policy' | 'key'>, reason: string, now: number): RoutedEvent {
  const from = { id: `release-${policy}-${key}-${now}`, source: '/stackreflex/guard', type: 'stackreflex.released' }
  return { event: own(from, { policy, key }, reason, now), lanes: [atOnce(policy, key)], note: null }
}

/** Wakes a lane without waiting for more events. */
export const atOnce = (policy: string, key: string): Wake => ({ policy, key, quietMs: 0, maxMs: 0, resources: [] })

const own = (
  from: Pick<Event, 'id' | 'source' | 'type'>,
  { policy, key }: Pick<Looking, 'policy' | 'key'>,
  reason: string,
  now: number
): Event => ({
  ...from,
  subject: null,
  time: new Date(now).toISOString(),
  project: null,
  requestId: null,
  globalRequestId: null,
  data: { kind: 'hint', policy, lane: key, reason, resources: [] }
})
