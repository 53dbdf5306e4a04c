import tables from './migrations/001-tables.ts'
import guard from './migrations/002-guard.ts'
import breachesAndQuota from './migrations/003-breaches-and-quota.ts'
import standingStops from './migrations/004-standing-stops.ts'
import namePins from './migrations/005-name-pins.ts'
import farTimes from './migrations/006-far-times.ts'
import gitlabHappenings from './migrations/007-gitlab-happenings.ts'
import indexesOfQuestions from './migrations/008-indexes-of-questions.ts'
import wishesAndShares from './migrations/009-wishes-and-shares.ts'
import claimOwners from './migrations/010-claim-owners.ts'
import outbox from './migrations/011-outbox.ts'

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
  claimOwners,
  outbox
]
