import type { Risk } from './action.ts'
import type { Calendar } from './window.ts'

/** How much change a cluster takes; `change-controlled` denies outside its windows. */
export type Tier = 'bursty' | 'change-controlled' | 'always-on'

/** Which steps a limit is about; what is left out matches all. */
export interface Match {
  readonly policy?: string
  readonly cluster?: string
  /** An action's type, e.g. `recordset-delete`. */
  readonly action?: string
  readonly risk?: Risk
  /** Only what is gone for certain, or only what is not. */
  readonly gone?: boolean
}

/** At most so many matching steps in a sliding time: as a count, or as a share of what each project has in a scope. */
export type Budget = Match & {
  readonly name: string
  readonly windowMs: number
} /** Over all of them, or `each` scope by itself: one cluster's steps use up nothing of another's. */ & (
    | { readonly most: number; readonly each?: 'scope' }
    /** Share of a population, 0 to 1; populations smaller than `from` are not limited. */
    | { readonly share: number; readonly from: number }
  )

/** A target that was changed by a matching step is left alone for so long. */
export type CoolDown = Match & { readonly name: string; readonly forMs: number }

/** What the guard holds a cluster to. */
export interface ClusterRules {
  readonly tier: Tier
  readonly calendar: Calendar
  /** Most actions under way at once; null: no limit. */
  readonly inFlight: number | null
}

/** Everything that the guard goes by, from the configuration. */
export interface GuardRules {
  readonly clusters: Readonly<Record<string, ClusterRules>>
  readonly budgets: readonly Budget[]
  readonly coolDowns: readonly CoolDown[]
}

/** Who may let a plan through, by the cluster's tier. */
export interface ApprovalRule {
  /** How many people. */
  readonly required: number
  /** Only members of one of these groups; empty: nobody but users of this machine. */
  readonly groups: readonly string[]
}

/** The approval rule of each tier. */
export interface ApprovalRules {
  /** After so long without an answer (and after a grant or a rejection) the question is asked anew. */
  readonly expiresMs: number
  readonly tiers: Readonly<Record<Tier, ApprovalRule>>
}
