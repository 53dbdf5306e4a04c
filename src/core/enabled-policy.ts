import type { Policy, PolicyModes } from './policy.ts'
import type { Json } from './query.ts'

/** A policy as configured; one that is off everywhere is not among them. */
export interface EnabledPolicy extends PolicyModes {
  readonly policy: Policy
  readonly settings: Json
  /** Whose events and clusters alone it looks after; null or left out: all. */
  readonly openstack?: string | null
}
