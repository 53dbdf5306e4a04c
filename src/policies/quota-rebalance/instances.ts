import type { Config } from '../../config/config.ts'
import { instancesOf } from '../shared/instances-of.ts'
import { quotaRebalance } from './policy.ts'
import type { QuotaInstance } from './settings.ts'

/** Makes what people ask quota by, one for each instance of `quota-rebalance`; empty where it is not configured. */
export const quotaInstances = ({ policies }: Pick<Config, 'policies'>): readonly QuotaInstance[] =>
  instancesOf(quotaRebalance, policies).map(({ name, settings }) => ({ policy: name, settings }))
