import type { Json } from './query.ts'

/** How much harm an action can do, least first; budgets count by it. */
export type Risk = 'create' | 'update' | 'delete'

/** A change that a policy wants: plain data, named by its type, on one target. */
export interface ActionRequest {
  /** The action's name, as its policy lists it. */
  readonly type: string
  readonly risk: Risk
  /** The configured cluster that bears the change; null: none of them. */
  readonly cluster: string | null
  /** What is changed, qualified by cloud and region; two actions never run on one target at once. */
  readonly target: string
  /** The population that budgets count in, e.g. `zone/cloud.example.`. */
  readonly scope: string
  /** How many there are in the scope, where the policy knows; otherwise what we hold there is counted. */
  readonly population?: number
  readonly input: Json
  /** What it deletes leads nowhere for certain: all that it rested on was looked for by its id, and does not exist any more. */
  readonly gone?: true
  /** The lane that holds the target, where it is not the one that changes it: an undo gives back to its owner. */
  readonly holder?: { readonly policy: string; readonly lane: string }
  /** Once done, the target is left alone for so long: what a person undid is not done again at once. */
  readonly pinMs?: number
}

/** What would take a change back; the same cluster, target and scope are understood. */
export type Inverse = Pick<ActionRequest, 'type' | 'risk' | 'input'>

/** What a target holds now because of us; `null` value = we hold nothing there any more. */
export interface Applied {
  readonly target: string
  readonly scope: string
  readonly value: Json
}

/**
 * The outcome of one attempt.
 * changed: done by this attempt. unchanged: was so already; the budget is refunded. stale: the world is not what the
 * plan expected; the lane is decided again. retry: may work later. failed: will not work; a person has to look.
 */
export type Result =
  | {
      readonly outcome: 'changed' | 'unchanged'
      readonly applied: Applied
      readonly note: string
      /** The service's own id of the changing call, as in its logs; what the call causes on the bus carries it. */
      readonly requestId?: string | null
      /** Only for what was changed, and where it can be taken back. */
      readonly inverse?: Inverse
    }
  | { readonly outcome: 'stale'; readonly reason: string }
  | {
      readonly outcome: 'retry'
      readonly reason: string
      readonly afterMs: number | null
      readonly called: boolean
      /** What is ours already, though it does not work yet. */
      readonly applied?: Applied
      readonly requestId?: string | null
    }
  | { readonly outcome: 'failed'; readonly reason: string; readonly called: boolean }

/** What `perform` gets beside its input. */
export interface ActionContext<Tools> {
  readonly tools: Tools
  readonly target: string
  readonly scope: string
  /** `req-…`, derived from the action: sent with every changing call, so that its echo on the bus is recognised. */
  readonly requestId: string
  /** The installation's id, as written into the mark of everything we own. */
  readonly installId: string
  /**
   * Given to each changing call as its `before`: the client calls it when nothing is left but to send. It checks that the claim
   * still holds and that nobody has said stop, and gives the time that the call may take from then on, in ms. Throws
   * `LeaseLost` where another process took over, `Stopped` on a stop. An action does not call it: whatever its call waits
   * for afterwards would give a stop time to be said.
   */
  readonly beforeChange: () => Promise<number>
  readonly sleep: (ms: number) => Promise<void>
}

/** A named, typed change; `perform` is safe to run twice: it reads, compares, changes only the difference, verifies. */
export interface Action<Tools, Input extends Json = Json> {
  readonly type: string
  perform(input: Input, context: ActionContext<Tools>): Promise<Result>
}
