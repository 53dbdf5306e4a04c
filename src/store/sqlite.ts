import { randomBytes } from 'node:crypto'
import { actionIsDue, claimAction, giveBackAction, mayCall, recordAttempt, setApplied } from './actions.ts'
import { appendWithin } from './append.ts'
import { vote } from './approvals.ts'
import { addConcern, laneId } from './concerns.ts'
import { Connection, openForWriting } from './connection.ts'
import { classifyDrift, recordDrift } from './drift.ts'
import { clearStop, releaseHeld, setStop } from './holds.ts'
import type { Journal } from './journal.ts'
import { JournalError } from './journal-error.ts'
import { claimLane, giveBackLane, laneIsDue, parkLane, postponeLane, recordDecision } from './lanes.ts'
import { holderOf, type Lock, lockInstance } from './lock.ts'
import { prune } from './prune.ts'
import { nextDue, readBusyLanes, readLaneNow, readLanesAbout, readPins } from './read-lanes.ts'
import { readingOn } from './reading.ts'
import { writeSamples } from './samples.ts'

export interface SqliteJournalOptions {
  readonly path: string
  /** ms since the epoch; the journal's only clock. */
  readonly now?: () => number
  /** For the installation's id. */
  readonly random?: (bytes: number) => Buffer
  /** Something became due by what this connection wrote. */
  readonly onWake?: (stage: 'decide' | 'act') => void
  /**
   * Only one process at a time: set by the one that decides and acts, not by its other threads, nor by readers. A lock
   * that is held already is taken over.
   */
  readonly exclusive?: boolean | Lock
  /** The file grows no further; then every write is refused, as on a full disk. */
  readonly maxBytes?: number
}

/** The journal in one SQLite file: for one process on one machine; each of its threads opens its own connection. */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const { path, now = Date.now, random = randomBytes, onWake = () => {} } = options
  // First of all: a running process must not find its file migrated under it.
  const { exclusive = false } = options
  const lock = exclusive === true ? lockInstance(path, process.pid) : exclusive || null
  let db: Connection | undefined
  try {
    db = new Connection(
      path,
      now,
      openForWriting(path, options.maxBytes ?? null, lock === null ? leaveToItsProduct : () => {})
    )
    await installed(db, random)
  } catch (error) {
    await db?.close()
    lock?.release()
    throw error
  }
  return journalOn(db, onWake, () => lock?.release())
}

/** A command of a newer build must not bring the tables of a running product up to date under it. */
function leaveToItsProduct(path: string): void {
  const holder = holderOf(path)
  if (holder === null) return
  throw new JournalError(
    `${path} is used by a running product (pid ${holder.pid ?? 'unknown'}) of an older build, and this command would ` +
      'change its tables: restart the product on this build first, or use the command of its build'
  )
}

/** The installation's id is made once, by whoever opens the new file. */
function installed(db: Connection, random: (bytes: number) => Buffer): Promise<unknown> {
  return db.write(() =>
    db.sql(`insert into meta (key, value) values ('install', ?) on conflict do nothing`).run(random(4).toString('hex'))
  )
}

function journalOn(db: Connection, onWake: (stage: 'decide' | 'act') => void, release: () => void): Journal {
  return {
    ...readingOn(db),

    async append(batch) {
      const appended = await db.write(() => appendWithin(db, batch))
      if (appended.woke > 0) onWake('decide')
      return appended
    },

    async claimLane(owner, leaseMs, except = []) {
      if (!(await db.read(() => laneIsDue(db, except)))) return null
      return db.write(() => claimLane(db, owner, leaseMs, except))
    },
    async recordDecision(claim, record, guard) {
      const recorded = await db.write(() => recordDecision(db, claim, record, guard))
      if (recorded === null) return null
      if (recorded.planned) onWake('act')
      onWake('decide')
      return recorded
    },
    postponeLane: (claim, at, reason) => db.write(() => postponeLane(db, claim, at, reason)),
    giveBackLane: (claim, reason) => db.write(() => giveBackLane(db, claim, reason)),
    parkLane: (claim, reason, build) => db.write(() => parkLane(db, claim, reason, build)),

    async claimAction(owner, leaseMs, guard, except = []) {
      if (!(await db.read(() => actionIsDue(db, except)))) return null
      const claim = await db.write(() => claimAction(db, owner, leaseMs, guard, except))
      // A plan that gave way has its lane decided again, and other steps may be next.
      if (claim !== null && claim.verdict !== 'proceed') onWake('decide')
      return claim
    },
    mayCall: (action) => db.read(() => mayCall(db, action)),
    giveBackAction: (action, reason) => db.write(() => giveBackAction(db, action, reason)),
    async recordAttempt(action, result, retryAt) {
      const { recorded, ready } = await db.write(() => recordAttempt(db, action, result, retryAt))
      if (recorded) {
        // The target is free again, and the lane perhaps as well.
        onWake('act')
        if (!ready) onWake('decide')
      }
      return recorded
    },

    async releaseHeld(rules) {
      const lanes = await db.write(() => releaseHeld(db, rules))
      if (lanes > 0) onWake('decide')
      return lanes
    },
    stop: (stop, event) => db.write(() => setStop(db, stop, event)),
    async resume(id, event) {
      const lanes = await db.write(() => clearStop(db, id, event))
      onWake('decide')
      return lanes
    },
    async vote(id, one, rules, event) {
      const voted = await db.write(() => vote(db, id, one, rules, event))
      onWake('decide')
      return voted
    },
    pins: () => db.read(() => readPins(db)),

    nextDue: () => db.read(() => nextDue(db)),
    releaseAll: () => db.write(() => releaseAll(db)),

    lanesAbout: (policy, resource) => db.read(() => readLanesAbout(db, policy, resource)),
    laneNow: (policy, key) => db.read(() => readLaneNow(db, policy, key)),
    busyLanes: (policy) => db.read(() => readBusyLanes(db, policy)),
    setApplied: (policy, row, resources) =>
      db.write(() => {
        const lane = laneId(db, policy, row.lane)
        const { head } = db.sql<{ head: number }>('select head from lane where id = ?').get(lane)!
        setApplied(db, lane, row)
        for (const resource of resources) addConcern(db, lane, resource, head)
      }),

    recordDrift: (policy, scope, drifts) => db.write(() => recordDrift(db, policy, scope, drifts)),
    classifyDrift: (seenBefore) => db.write(() => classifyDrift(db, seenBefore)),

    sample: (rows) => db.write(() => writeSamples(db, rows)),

    prune: (finishedBefore, keepIdsBefore) => prune(db, finishedBefore, keepIdsBefore),

    installId: () =>
      db.read(() => db.sql<{ value: string }>(`select value from meta where key = 'install'`).get()!.value),
    async close() {
      await db.close()
      release()
    }
  }
}

/** Claimed steps are ready again; what came of their attempts stays unknown, and counts. */
function releaseAll(db: Connection): number {
  const lanes = db.sql('update lane set owner = null, lease = 0 where owner is not null').run().changes
  const actions = db
    .sql(`update action set state = 'ready', owner = null, due = ? where state = 'claimed'`)
    .run(db.now()).changes
  return lanes + actions
}
