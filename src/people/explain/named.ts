import { plain } from '../../base/plain.ts'
import type { Reading } from '../../store/journal.ts'
import type { AppliedRow } from '../../store/policy-rows.ts'
import type { Explanation } from './chain.ts'
import { renderExplanation } from './render.ts'
import { short } from './short.ts'

/** Reads what is held for a name, by the lanes that its explanation names. */
export async function heldFor({ lanes }: Explanation, journal: Reading): Promise<readonly AppliedRow[]> {
  const named = new Map(lanes.map(({ policy, key }) => [`${policy} ${key}`, { policy, lane: key }]))
  return (await Promise.all([...named.values()].map((of) => journal.applied(of)))).flat()
}

/** Returns how many records of a name are ours: `2 records of ours`. */
export const countOfOurs = ({ length }: readonly AppliedRow[]): string =>
  `${length === 1 ? '1 record' : `${length || 'no'} records`} of ours`

/** Renders the records of a name first, since whoever has a broken name wants those; then what happened. */
export function renderNamed(explanation: Explanation, applied: readonly AppliedRow[], width?: number): string {
  const records = applied.map(({ target, value }) => plain(`${target}  ${short(value)}`))
  return [...records, '', renderExplanation(explanation, width)].join('\n').trimStart()
}
