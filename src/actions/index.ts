import type { Action } from '../core/action.ts'
import type { Tools } from '../state/tools.ts'
import { floatingIpPtrSet } from './floating-ip-ptr-set.ts'
import { floatingIpPtrUnset } from './floating-ip-ptr-unset.ts'
import { recordsetDelete } from './recordset-delete.ts'
import { recordsetSet } from './recordset-set.ts'

/** Every action there is. To add one: its file, a line here, its test. */
export const actions: readonly Action<Tools>[] = [
  recordsetSet,
  recordsetDelete,
  floatingIpPtrSet,
  floatingIpPtrUnset
] as unknown as Action<Tools>[]
