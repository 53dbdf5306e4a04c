import type { Journal } from '../../../store/journal.ts'
import type { Tools } from '../../shared/tools.ts'
import type { KnownBreach } from './subjects.ts'

type Params = { readonly policy: string; readonly lane: string }

/** Answers `isolation-known`: the lane's breaches that are not over, as the journal has them. */
export async function loadIsolationKnown({ policy, lane }: Params, tools: Tools): Promise<readonly KnownBreach[]> {
  return (await knownByLane(tools.journal, { policy, lane }))[lane] ?? []
}

/** Lane → its breaches that are not over; of all lanes of the policy, or of one. */
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
