import type { AppliedRow, LaneAbout } from '../../store/policy-rows.ts'
import { defineQuestion } from './define-question.ts'

/** What a lane last applied, with the installation that its marks name. */
export interface AppliedAnswer {
  readonly installId: string
  readonly rows: readonly AppliedRow[]
}

/** Defines the question: what did we last apply in this lane, and what is our mark? */
export const appliedQuestion = defineQuestion(
  'applied',
  async (params: { readonly policy: string; readonly lane: string }, { journal }): Promise<AppliedAnswer> => {
    const [installId, rows] = await Promise.all([journal.installId(), journal.applied(params)])
    return { installId, rows }
  }
)

/** Defines the question: which lanes are about this resource, and what did they apply? */
export const lanesAboutQuestion = defineQuestion(
  'lanes-about',
  (
    { policy, resource }: { readonly policy: string; readonly resource: string },
    { journal }
  ): Promise<readonly LaneAbout[]> => journal.lanesAbout(policy, resource)
)

/** Defines the question: which lanes of this policy may change any moment, or are held up? Answered in order. */
export const busyLanesQuestion = defineQuestion(
  'busy-lanes',
  async ({ policy }: { readonly policy: string }, { journal }): Promise<readonly string[]> =>
    [...(await journal.busyLanes(policy))].sort()
)
