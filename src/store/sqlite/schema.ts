import { sql as tables } from './migrations/001-tables.ts'
import { sql as guard } from './migrations/002-guard.ts'
import { sql as breachesAndQuota } from './migrations/003-breaches-and-quota.ts'
import { sql as standingStops } from './migrations/004-standing-stops.ts'
import { sql as namePins } from './migrations/005-name-pins.ts'
import { sql as farTimes } from './migrations/006-far-times.ts'
import { sql as gitlabHappenings } from './migrations/007-gitlab-happenings.ts'
import { sql as indexesOfQuestions } from './migrations/008-indexes-of-questions.ts'
import { sql as wishesAndShares } from './migrations/009-wishes-and-shares.ts'
import { sql as claimOwners } from './migrations/010-claim-owners.ts'

/**
 * The migrations, oldest first, each a file of its own in `migrations/`; `meta.schema` says how many have run. A new one is a
 * new file and a line at the end here; a released one never changes.
 *
 * Indexes on random values (ids) are what makes ingest slow, so an event has none on its id alone: it is unique by its own
 * time and id, and times arrive nearly in order; it is found by its id in blocks of seqs.
 */
export const migrations: readonly string[] = [
  tables,
  guard,
  breachesAndQuota,
  standingStops,
  namePins,
  farTimes,
  gitlabHappenings,
  indexesOfQuestions,
  wishesAndShares,
  claimOwners
]
