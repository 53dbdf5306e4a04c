import type { Log } from '../base/log.ts'
import type { Action } from '../core/action.ts'
import type { EnabledPolicy } from '../core/enabled-policy.ts'
import type { Guard } from '../core/guard.ts'
import type { Json, Query } from '../core/query.ts'
import type { Event } from '../events/event.ts'
import type { Tools } from '../policies/shared/tools.ts'
import type { Journal } from '../store/journal.ts'

/** What the pipeline needs from outside; the composition root chooses. */
export interface Parts {
  readonly journal: Journal
  readonly policies: readonly EnabledPolicy[]
  readonly actions: readonly Action<Tools>[]
  readonly tools: Tools
  readonly load: (query: Query, tools: Tools) => Promise<Json>
  readonly guard: Guard
  /** How long an approval is waited for, and holds. */
  readonly approvalMs: number
  /** The people behind an event; none where it is nobody's wish. */
  readonly requestersOf: (event: Event) => readonly string[]
  /** Whether nobody may approve what they asked for themselves, on one of these clusters. */
  readonly fourEyes: (clusters: readonly string[]) => boolean
  /** Name of this process in claims. */
  readonly owner: string
  /** Build id, recorded with every decision. */
  readonly build: string
  readonly installId: string
  readonly now: () => number
  readonly random: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly log: Log
  readonly counted: (what: 'decision' | 'action' | 'verdict', labels: Readonly<Record<string, string>>) => void
}
