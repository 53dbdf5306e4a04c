import type { Json } from './query.ts'

/** How bad a breach is; grace periods and notices go by it. */
export const severities = ['low', 'medium', 'high', 'critical'] as const
/** How bad a breach is. */
export type Severity = (typeof severities)[number]

/** The layers in which clusters are isolated. */
export const layers = ['network', 'storage', 'project', 'identity'] as const
/** What of a cloud a breach is in. */
export type Layer = (typeof layers)[number] | 'compute'

/**
 * Something that must not be, as a lane's decision found it. A lane tells all of its breaches each time: one that it does
 * not tell any more is over.
 */
export interface Breach {
  /** The rule's name, e.g. `rbac-shared-network`. */
  readonly rule: string
  /** What tells two breaches of one rule in one lane apart, e.g. a security group rule's id; '' where there can be one only. */
  readonly detail: string
  readonly layer: Layer
  readonly severity: Severity
  /** The resource that breaches, `<kind>/<project id>/<id>`. */
  readonly resource: string
  /** Its name, for people. */
  readonly name: string
  /** The cluster that is open, and the one (or `*`: everybody) that it is open to. */
  readonly from: string
  readonly to: string
  /** One sentence: what is wrong, with the values. */
  readonly summary: string
  /** What the services said that proves it; ids and settings only. */
  readonly evidence: Json
  /**
   * open: nothing is done about it (yet). exempt: somebody answers for it, until then. noticed: its grace period runs.
   * closing: this decision's plan closes it.
   */
  readonly state: 'open' | 'exempt' | 'noticed' | 'closing'
  /** Why it is in this state. */
  readonly because: string
}

/** How long after a step has changed something its lane looks whether what it closes is over, in ms: no event of others says so. */
export const readBackMs = 1000

/** Finds the event that somebody caused a breach with: the last of the cloud's own. */
export const causeOf = <E extends { readonly source: string }>(events: readonly E[]): E | undefined =>
  events.findLast(({ source }) => source.startsWith('/openstack/'))
