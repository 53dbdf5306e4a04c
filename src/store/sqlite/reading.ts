import type { Reading } from '../journal.ts'
import { readActions } from './actions-read.ts'
import { readAnswer } from './answers.ts'
import { readApplied } from './applied.ts'
import { readApprovals } from './approvals-read.ts'
import { readBreaches } from './breaches-read.ts'
import type { Connection, Slices } from './connection.ts'
import { readDecisions } from './decisions-read.ts'
import { readEvent, readEventAt, readEvents } from './events-read.ts'
import { readStops } from './holds.ts'
import { readQuotaRequests } from './quota-requests.ts'
import { readCounts, readLanes } from './read-lanes.ts'
import { readSamples } from './samples.ts'

/** Makes the read side of the journal on one connection; a question that takes longer than `withinMs` is given up between two slices. */
export function readingOn(db: Connection, withinMs?: number): Reading {
  const sliced = <T>(work: () => Slices<T>) => db.slices(work, withinMs)
  return {
    stops: () => db.read(() => readStops(db)),
    approvals: (filter) => db.read(() => readApprovals(db, filter)),
    applied: (by) => db.read(() => readApplied(db, by)),
    samples: (series, since) => db.read(() => readSamples(db, series, since)),
    quotaRequests: (policy, lane) => db.read(() => readQuotaRequests(db, policy, lane)),
    breaches: (filter) => db.read(() => readBreaches(db, filter)),
    counts: () => db.read(() => readCounts(db)),
    events: (page) => sliced(() => readEvents(db, page)),
    event: (idOrSeq) => db.read(() => readEvent(db, idOrSeq)),
    eventAt: (time, id) => db.read(() => readEventAt(db, time, id)),
    decisions: (page) => sliced(() => readDecisions(db, page)),
    actions: (page) => sliced(() => readActions(db, page)),
    lanes: (filter) => db.read(() => readLanes(db, filter)),
    answer: (sha256) => db.read(() => readAnswer(db, sha256))
  }
}
