import type { TSchema } from 'typebox'
import type { Event } from '../events/event.ts'
import type { ActionRequest } from './action.ts'
import type { Breach, Severity } from './breach.ts'
import type { Needs } from './query.ts'

/**
 * What a policy may do, the most careful first. off: it is not asked. observe: decides and records, changes nothing.
 * approve: acts once people have approved the plan, within the guard. enforce: acts, within the guard.
 */
export const modes = ['off', 'observe', 'approve', 'enforce'] as const
/** What a policy may do on a cluster. */
export type Mode = (typeof modes)[number]

/** A policy's mode, and where it differs for a cluster. */
export interface PolicyModes {
  readonly mode: Mode
  readonly clusters: Readonly<Record<string, Mode>>
}

/** Returns the mode on a cluster; null = on none of the configured ones. */
export const modeOn = ({ mode, clusters }: PolicyModes, cluster: string | null): Mode =>
  cluster === null ? mode : (clusters[cluster] ?? mode)

/** Returns the most careful of the modes of the clusters that a plan touches: it is carried out in that. */
export const mostCareful = (all: readonly Mode[]): Mode => modes.find((mode) => all.includes(mode)) ?? 'off'

/** The rest of the configuration, for a policy that checks whether its settings can come true. */
export interface Around {
  /** Names of all configured clusters. */
  readonly clusters: readonly string[]
  readonly placement: Readonly<Record<string, readonly string[]>>
  /** Clusters whose Kubernetes is reached. */
  readonly kubernetes: readonly string[]
  /** Whether GitLab's webhooks are taken, and whether GitLab itself is asked what they claim. */
  readonly gitlab: boolean
  readonly gitlabApi: boolean
  /** Clusters where what nobody knows is no yes. */
  readonly changeControlled: readonly string[]
}

/** Clusters that an instance of a policy does not look after, and the OpenStack of each. */
export type Elsewhere = Readonly<Record<string, string>>

/** Says why a name in the settings is no cluster that a policy looks after. */
export function notOurs(name: string, clusters: readonly string[], elsewhere: Elsewhere = {}): string | null {
  if (clusters.includes(name)) return null
  const there = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined
  if (there === undefined) return `there is no cluster '${name}'; clusters are: ${clusters.join(', ')}`
  const here = clusters.length === 0 ? 'none' : clusters.join(', ')
  return `cluster '${name}' is in the OpenStack ${there}, and this policy looks after another; clusters of that are: ${here}`
}

/** One part of a policy's settings that can never come true. */
export interface Idle {
  /** Below the settings. */
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly allowed: string
}

/** The lane as a policy sees it. */
export interface Lane {
  readonly policy: string
  /** e.g. `name:web-1.dev.example.org.`; what it means is the policy's business. */
  readonly key: string
  /** Ids of the resources that the lane was about when last decided, and those of the hints since. */
  readonly resources: readonly string[]
}

/** A nudge that a decision or a sweep gives to another lane. */
export interface Hint {
  readonly lane: string
  readonly reason: string
  readonly resources: readonly string[]
  /** Where more are to be folded: so long after the last hint, at the latest so long after the first, in ms. */
  readonly wake?: { readonly quietMs: number; readonly maxMs: number }
}

/** What a policy answers. Every "no" has its reason; `findings` are reasons about parts of the answer. */
export interface Decision {
  readonly outcome: 'act' | 'skip'
  readonly reason: string
  readonly findings: readonly string[]
  /** In order; empty for `skip`. Every prefix must be safe: on a failure the rest is cancelled. */
  readonly steps: readonly ActionRequest[]
  /** No step needs another one: they run side by side, and one that fails cancels nothing. */
  readonly independent: boolean
  readonly hints: readonly Hint[]
  /** Resources that the lane is about from now on. */
  readonly resources: readonly string[]
  /** The lane is decided again then, though nothing happens: ms since the epoch. */
  readonly againAt?: number
  /** People who want this plan and whom none of the lane's newest events names. */
  readonly requesters?: readonly string[]
  /** A mode that this plan is not carried out beyond, however free the policy is: e.g. `approve` for what cuts traffic. */
  readonly atMost?: Mode
  /** All that must not be and is, in this lane: empty ends what was told of it before; left out, that stays as it was told. */
  readonly breaches?: readonly Breach[]
}

/** One lane that a sweep found different from what it should be. */
export interface Drift extends Hint {
  /** Whether OpenStack sends any notification for this kind of change. */
  readonly eventExists: boolean
  /** Subjects whose events, if any came, explain the drift. */
  readonly subjects: readonly string[]
}

/** What a finished sweep says: how much it read, and what differs. */
export interface SweepResult {
  readonly read: string
  readonly drifts: readonly Drift[]
}

/** What the configuration says beside a policy's own settings, for those that have to know it. */
export interface Configured {
  /** Every cluster by its entry of `reflex.yaml`. */
  readonly clusters: readonly {
    readonly name: string
    readonly cloud: string
    /** null: nothing says. */
    readonly openstack: string | null
    readonly tier: 'bursty' | 'change-controlled' | 'always-on'
  }[]
  readonly placement: Readonly<Record<string, readonly string[]>>
  /** Whose users GitLab's are; undefined: GitLab itself is not asked. */
  readonly gitlabUsers?: Readonly<Record<string, string>> | undefined
  /** What was undone is left alone for so long. */
  readonly afterUndoMs: number
  /** The policy's own modes. */
  readonly modes: PolicyModes
  /** The OpenStack whose clusters alone it looks after; null: all. */
  readonly openstack: string | null
}

/** How everything that a policy looks after is compared with what it should be. */
export interface Sweep<Settings, Known> {
  needs(settings: Settings): Needs
  compare(answers: Known, settings: Settings): SweepResult
}

/**
 * reconcile: pending events of a lane fold into one decision on freshly read state, and a sweep heals. reaction: its lanes
 * are named after their one event, so that each is decided once, by itself; nothing sweeps.
 *
 * `definePolicy` makes one whose settings and answers have their types. Left as they are (`never`), it is any policy: only
 * `EnabledPolicy` can call that, with the settings of its own schema.
 */
export interface Policy<Settings = never, Known = never, SweepKnown = never> {
  readonly name: string
  readonly kind: 'reconcile' | 'reaction'
  readonly settings: TSchema
  /** The types of the actions that it may ask for; limits and windows name them. */
  readonly actions: readonly string[]
  /** The same policy under the name of an instance: there may be one for each OpenStack. Left out: there is one for all of them. */
  as?(name: string): Policy<Settings, Known, SweepKnown>
  /** One instance may also look after the clusters of all OpenStacks (`openstack: '*'`). */
  readonly spans?: true
  /**
   * Mistakes that a schema cannot see, as sentences; empty when all is well. `clusters`: names of those that it may look after,
   * `elsewhere`: the OpenStacks of all others by their names.
   */
  check(settings: Settings, clusters: readonly string[], elsewhere?: Elsewhere): readonly string[]
  /** What is right and can never do anything, or never what it seems to say. */
  idle?(settings: Settings, around: Around): readonly Idle[]
  /** What it looks after through the one cloud entry of its settings (`cloud`): in each part of them, clusters by their names. */
  through?(settings: Settings): readonly { readonly part: string; readonly clusters: readonly string[] }[]
  /** What its settings get beside what is written in them. */
  complete?(configured: Configured): object
  /** A lane waits this long after its last event … */
  readonly quietMs: number
  /** … but never longer than this after its first. */
  readonly maxMs: number
  /** Breaches from this severity on are told in Slack; left out: high and critical ones. */
  readonly tells?: Severity
  /** The lanes that an event wakes, or the reason why it wakes none. */
  lanes(event: Event, settings: Settings): readonly string[] | { readonly none: string }
  needs(lane: Lane, settings: Settings): Needs
  decide(lane: Lane, answers: Known, settings: Settings): Decision
  /** null: there is nothing to compare. */
  readonly sweep: Sweep<Settings, SweepKnown> | null
}

/** Makes a decision not to act. */
export function skip(reason: string, more: Partial<Decision> = {}): Decision {
  return { outcome: 'skip', reason, findings: [], steps: [], independent: false, hints: [], resources: [], ...more }
}

/** Makes a decision to take these steps, in order. */
export function planSteps(reason: string, steps: readonly ActionRequest[], more: Partial<Decision> = {}): Decision {
  return { outcome: 'act', reason, findings: [], steps, independent: false, hints: [], resources: [], ...more }
}
