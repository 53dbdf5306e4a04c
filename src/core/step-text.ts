import type { ActionRequest } from './action.ts'
import type { QuotaSet } from './quota-books.ts'

type Step = Pick<ActionRequest, 'type' | 'target' | 'input'>

/** What a step changes, where its input says it in a few words: `prod cores 4 → 8, ram 4096 → 8192`; else null. */
export function inShort({ type, input }: Pick<Step, 'type' | 'input'>): string | null {
  if (type !== 'quota-set') return null
  const { project, changes } = input as unknown as QuotaSet
  return `${project} ${Object.entries(changes)
    .map(([resource, { from, to }]) => `${resource} ${from} → ${to}`)
    .join(', ')}`
}

/** One step on a line, for whoever has to approve it. */
export const stepText = (step: Step): string =>
  `${step.type} ${step.target} ${inShort(step) ?? JSON.stringify(step.input)}`
