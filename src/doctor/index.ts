import { catalogue } from './catalogue.ts'
import { clock } from './clock.ts'
import { configuration } from './configuration.ts'
import { credentials } from './credentials.ts'
import { exchanges } from './exchanges.ts'
import type { DoctorCheck } from './finding.ts'
import { isolationCheck } from './isolation.ts'
import { journal } from './journal.ts'
import { otherWriters } from './other-writers.ts'
import { product } from './product.ts'
import { publishers } from './publishers.ts'
import { queue } from './queue.ts'
import { quotaCheck } from './quota.ts'
import { quotaRights } from './quota-rights.ts'
import { zones } from './zones.ts'

/** Everything that the doctor looks at, in the order in which it is told. */
export const checks: readonly DoctorCheck[] = [
  product,
  configuration,
  journal,
  credentials,
  catalogue,
  clock,
  exchanges,
  queue,
  publishers,
  zones,
  quotaCheck,
  quotaRights,
  isolationCheck,
  otherWriters
]
