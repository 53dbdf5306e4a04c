import type { Policy } from '../core/policy.ts'
import { dnsRecords } from './dns-records/policy.ts'

/** Every policy there is. To add one: its file, a line here, its test. */
export const policies: readonly Policy[] = [dnsRecords as unknown as Policy]
