import { dnsRecords } from './dns-records/policy.ts'
import { isolation } from './isolation/policy.ts'
import { quotaRebalance } from './quota-rebalance/policy.ts'
import type { ListedPolicy } from './shared/define-policy.ts'
import { undo } from './undo/undo.ts'
import { workloadActions } from './workload-actions/policy.ts'

/** Every policy that can be configured. To add one: its folder, and a line here. */
export const policies: readonly ListedPolicy[] = [dnsRecords, isolation, quotaRebalance, workloadActions]

/** Those that are always there: people ask for what they do. */
export const standing: readonly ListedPolicy[] = [undo]
