import type { Action } from '../core/action.ts'
import type { Tools } from '../state/tools.ts'
import { annotate } from './annotate.ts'
import { floatingIpPtrSet } from './floating-ip-ptr-set.ts'
import { floatingIpPtrUnset } from './floating-ip-ptr-unset.ts'
import { quotaSet } from './quota-set.ts'
import { recordsetDelete } from './recordset-delete.ts'
import { recordsetSet } from './recordset-set.ts'
import { rolloutRestart } from './rollout-restart.ts'

/** Every action there is. To add one: its file, a line here, its test. */
export const actions: readonly Action<Tools>[] = [
  recordsetSet,
  recordsetDelete,
  floatingIpPtrSet,
  floatingIpPtrUnset,
  rolloutRestart,
  quotaSet,
  annotate
] as unknown as Action<Tools>[]
