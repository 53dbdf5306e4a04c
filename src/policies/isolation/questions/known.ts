import type { Journal } from '../../../store/journal.ts'
import { defineQuestion } from '../../shared/define-question.ts'
import type { KnownBreach } from './subjects.ts'

/** Reads the breaches that are not over, by lane; of all lanes of the policy, or of one. */
export async function knownByLane(
  journal: Pick<Journal, 'breaches'>,
  filter: { readonly policy: string; readonly lane?: string }
): Promise<Readonly<Record<string, readonly KnownBreach[]>>> {
  const found: Record<string, KnownBreach[]> = {}
  const limit = 500
  let before: number | undefined
  for (;;) {
    const page = await journal.breaches({ ...filter, open: true, limit, ...(before === undefined ? {} : { before }) })
    for (const { lane, rule, detail, state, since, evidence } of page) {
      found[lane] ??= []
      const { blamed, unclear } = (evidence ?? {}) as { readonly blamed?: unknown; readonly unclear?: unknown }
      const doing = typeof blamed === 'string' ? 'the others' : unclear === true ? 'unclear' : null
      found[lane].push({ rule, detail, state, since, ...(doing !== null && { doing }) })
    }
    if (page.length < limit) return found
    before = page.at(-1)!.id
  }
}

/** Defines the question: which breaches of this lane does the journal hold as not over? */
export const knownQuestion = defineQuestion(
  'isolation-known',
  async (
    { policy, lane }: { readonly policy: string; readonly lane: string },
    { journal }
  ): Promise<readonly KnownBreach[]> => (await knownByLane(journal, { policy, lane }))[lane] ?? []
)
