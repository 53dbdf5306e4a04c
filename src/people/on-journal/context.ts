import type { QuotaInstance } from '../../policies/quota-rebalance/settings.ts'
import type { RestartContext } from '../restart.ts'

/** What all operations on the journal work with: that of people's own, and what a policy's operations ask of the configuration. */
export interface OperationsContext extends RestartContext {
  /** Every instance that shares quotas; left out or empty: none is configured. */
  readonly quotas?: readonly QuotaInstance[]
  /** Policy → its mode, and where it differs; left out: it is not told. */
  readonly modes?: Readonly<Record<string, string>>
}
