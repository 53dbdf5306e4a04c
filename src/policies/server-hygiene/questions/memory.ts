import type { Tools } from '../../shared/tools.ts'
import type { HygieneSubject, State } from '../subject.ts'

/** What is noted of a state; 0: of what nobody has to remember. */
const codes: Readonly<Record<State, number>> = { used: 0, unknown: 0, error: 1, shutoff: 2, unattached: 3 }

/**
 * Returns since when every look has found each of these in its state, in ms; notes what was found now. Whatever was used in between begins
 * anew, as far as anybody looked; what the services say of their last change covers the rest.
 */
export async function seenSince(
  policy: string,
  subjects: readonly HygieneSubject[],
  { journal, now }: Pick<Tools, 'journal' | 'now'>
): Promise<readonly number[]> {
  const at = now()
  const series = subjects.map(({ kind, project, id }) => `hygiene/${policy}/${kind}/${project}/${id}`)
  const last = new Map((await journal.samples(series, at)).map((row) => [row.series, row]))
  const found = subjects.map(({ state }, n) => ({ series: series[n]!, code: codes[state] }))
  const noted = found.filter(({ series, code }) => code !== 0 || (last.get(series)?.value[0] ?? 0) !== 0)
  if (noted.length > 0) await journal.sample(noted.map(({ series, code }) => ({ series, value: [code] })))
  return found.map(({ series, code }) => {
    const before = last.get(series)
    return before !== undefined && before.value[0] === code ? Math.min(before.at, at) : at
  })
}
