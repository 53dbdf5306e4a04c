import type { Journal } from '../../../store/journal.ts'
import { defineQuestion } from '../../shared/define-question.ts'
import { openBreaches } from '../../shared/open-breaches.ts'
import type { KnownBreach } from './subjects.ts'

/** Reads the breaches that are not over, by lane; of all lanes of the policy, or of one. */
export async function knownByLane(
  journal: Pick<Journal, 'breaches'>,
  filter: { readonly policy: string; readonly lane?: string }
): Promise<Readonly<Record<string, readonly KnownBreach[]>>> {
  const found: Record<string, KnownBreach[]> = {}
  for (const { lane, rule, detail, state, since, evidence } of await openBreaches(journal, filter)) {
    found[lane] ??= []
    const { blamed, unclear } = (evidence ?? {}) as { readonly blamed?: unknown; readonly unclear?: unknown }
    const doing = typeof blamed === 'string' ? 'the others' : unclear === true ? 'unclear' : null
    found[lane].push({ rule, detail, state, since, ...(doing !== null && { doing }) })
  }
  return found
}

/** Defines the question: which breaches of this lane does the journal hold as not over? */
export const knownQuestion = defineQuestion(
  'isolation-known',
  async (
    { policy, lane }: { readonly policy: string; readonly lane: string },
    { journal }
  ): Promise<readonly KnownBreach[]> => (await knownByLane(journal, { policy, lane }))[lane] ?? []
)
