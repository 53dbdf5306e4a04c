import type { ActionRequest } from './action.ts'
import type { Json } from './query.ts'

type Step = Pick<ActionRequest, 'type' | 'target' | 'input'>

/** A project's values, each with what it is and what it is to be: the form of input that is shown in few words. */
interface Changes {
  readonly project: string
  readonly changes: Readonly<Record<string, { readonly from: number; readonly to: number }>>
}

const isChanges = (input: Json): input is Json & Changes =>
  input !== null &&
  typeof input === 'object' &&
  'project' in input &&
  'changes' in input &&
  Object.values(input.changes ?? {}).every(
    (one) => one !== null && typeof one === 'object' && 'from' in one && 'to' in one
  )

/** Says what a step changes, where its input says it in a few words: `prod cores 4 → 8, ram 4096 → 8192`; else null. */
export function inShort({ input }: Pick<Step, 'input'>): string | null {
  if (!isChanges(input)) return null
  const { project, changes } = input
  return `${project} ${Object.entries(changes)
    .map(([resource, { from, to }]) => `${resource} ${from} → ${to}`)
    .join(', ')}`
}

/** Renders one step on a line, for whoever has to approve it. */
export const stepText = (step: Step): string =>
  `${step.type} ${step.target} ${inShort(step) ?? JSON.stringify(step.input)}`
