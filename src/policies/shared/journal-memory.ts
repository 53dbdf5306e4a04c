import type { Query } from '../../core/query.ts'
import type { AppliedRow, LaneAbout } from '../../store/policy-rows.ts'
import type { Tools } from './tools.ts'

/** The question: what did we last apply in this lane, and what is our mark? */
export function appliedQuery(policy: string, lane: string): Query {
  return { name: 'applied', params: { policy, lane } }
}

export interface AppliedAnswer {
  readonly installId: string
  readonly rows: readonly AppliedRow[]
}

/** Answers `applied`. */
export async function loadApplied(
  params: { policy: string; lane: string },
  { journal }: Tools
): Promise<AppliedAnswer> {
  const [installId, rows] = await Promise.all([journal.installId(), journal.applied(params)])
  return { installId, rows }
}

/** The question: which lanes are about this resource, and what did they apply? */
export function lanesAboutQuery(policy: string, resource: string): Query {
  return { name: 'lanes-about', params: { policy, resource } }
}

/** Answers `lanes-about`. */
export function loadLanesAbout(
  params: { policy: string; resource: string },
  { journal }: Tools
): Promise<readonly LaneAbout[]> {
  return journal.lanesAbout(params.policy, params.resource)
}

/** The question: which lanes of this policy may change any moment, or are held up? */
export function busyLanesQuery(policy: string): Query {
  return { name: 'busy-lanes', params: { policy } }
}

/** Answers `busy-lanes`, in order. */
export async function loadBusyLanes({ policy }: { policy: string }, { journal }: Tools): Promise<readonly string[]> {
  return [...(await journal.busyLanes(policy))].sort()
}
