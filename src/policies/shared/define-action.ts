import type { Action, ActionContext, ActionRequest, Inverse, Result, Risk } from '../../core/action.ts'
import type { Json } from '../../core/query.ts'
import type { Tools } from './tools.ts'

/** What a request says beside the action's own type, and its risk where the action has only one. */
type Wanted<Input, Fixed extends Risk | undefined> = Omit<ActionRequest, 'type' | 'risk' | 'input'> & {
  readonly input: Input
} & ([Fixed] extends [Risk] ? unknown : { readonly risk: Risk })

/** An action that always has the same risk, for what makes steps of several. */
export interface StepMaker<Input> {
  request(wanted: Wanted<Input, Risk>): ActionRequest
}

interface ActionDefinition<Input, Fixed extends Risk | undefined> {
  /** Its name in plans, limits and windows, e.g. `recordset-set`. */
  readonly type: string
  /** How much harm it can do, where that is always the same. */
  readonly risk?: Fixed
  /** Safe to run twice: it reads, compares, changes only the difference, verifies. */
  perform(input: Input, context: ActionContext<Tools>): Promise<Result>
  /** What it changes in a few words, e.g. `prod cores 4 → 8`, for whoever approves it; left out: its input is shown. */
  describe?(input: Input): string
}

/** An action with the makers of its requests, whose input is what `perform` takes. */
export type DefinedAction<Input extends Json, Fixed extends Risk | undefined = undefined> = Action<Tools, Input> & {
  /** The step that a policy plans. */
  request(wanted: Wanted<Input, Fixed>): ActionRequest
  /** The step that takes another one back. */
  inverse(input: Input, ...risk: [Fixed] extends [Risk] ? [] : [Risk]): Inverse
}

/**
 * Defines an action: a named change, `perform` of which takes the very input that `request` and `inverse` ask for. Input is
 * journalled with the plan, so it must be JSON.
 */
export function defineAction<Input extends Json, const Fixed extends Risk | undefined = undefined>(
  definition: ActionDefinition<Input, Fixed>
): DefinedAction<Input, Fixed> {
  const { type, risk } = definition
  const named = { type, ...(risk !== undefined && { risk }) }
  return {
    ...definition,
    request: (wanted) => ({ ...named, ...wanted }) as ActionRequest,
    inverse: (input, ...[given]) => ({ type, risk: risk ?? given, input }) as Inverse
  }
}
