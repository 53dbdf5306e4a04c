import type { Policy } from '../core/policy.ts'
import { dnsRecords } from './dns-records/policy.ts'
import { isolation } from './isolation/policy.ts'
import { quotaRebalance } from './quota-rebalance/policy.ts'
import { undo } from './undo/undo.ts'
import { workloadActions } from './workload-actions/policy.ts'

/** Every policy that can be configured. To add one: its file, a line here, its test. */
export const policies: readonly Policy[] = [
  dnsRecords as unknown as Policy,
  isolation as unknown as Policy,
  quotaRebalance as unknown as Policy,
  workloadActions as unknown as Policy
]

/** Those that are always there: people ask for what they do. */
export const standing: readonly Policy[] = [undo as unknown as Policy]
