import type { Action } from '../core/action.ts'
import { policies, standing } from './index.ts'
import type { Tools } from './shared/tools.ts'

/** The actions that some policy plans, or takes back, by type. */
export const actions: readonly Action<Tools>[] = [
  ...new Set([...policies, ...standing].flatMap(({ performs }) => performs))
]
