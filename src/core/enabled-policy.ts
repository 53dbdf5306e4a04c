import type { Event } from '../events/event.ts'
import type { Decision, Lane, Policy, PolicyModes, SweepResult } from './policy.ts'
import type { Answers, Json, Needs } from './query.ts'

/** A policy with the settings that it is given. */
export interface SettledPolicy {
  readonly policy: Policy
  readonly settings: Json
}

/** A policy as configured; one that is off everywhere is not among them. */
export interface EnabledPolicy extends PolicyModes, SettledPolicy {
  /** Whose events and clusters alone it looks after; null or left out: all. */
  readonly openstack?: string | null
}

// Each call below is given as `never` what only its own policy knows the type of: settings that its own schema has let
// through, and answers to its own questions, each loaded by that question or read back from the journal.

/** Returns the lanes that an event wakes. */
export const lanesOf = ({ policy, settings }: SettledPolicy, event: Event): ReturnType<Policy['lanes']> =>
  policy.lanes(event, settings as never)

/** Returns the questions that a lane's decision needs. */
export const needsOf = ({ policy, settings }: SettledPolicy, lane: Lane): Needs => policy.needs(lane, settings as never)

/** Decides a lane, by the answers to `needsOf` it. */
export const decisionOf = ({ policy, settings }: SettledPolicy, lane: Lane, answers: Answers): Decision =>
  policy.decide(lane, answers as never, settings as never)

/** Returns the questions that a sweep needs; null: the policy has none. */
export const sweepNeedsOf = ({ policy, settings }: SettledPolicy): Needs | null =>
  policy.sweep === null ? null : policy.sweep.needs(settings as never)

/** Compares, by the answers to `sweepNeedsOf` it, and returns what a sweep finds. */
export function sweepResultOf({ policy, settings }: SettledPolicy, answers: Answers): SweepResult {
  if (policy.sweep === null) return { read: 'nothing to sweep', drifts: [] }
  return policy.sweep.compare(answers as never, settings as never)
}
