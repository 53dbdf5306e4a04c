import { randomBytes } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Journal } from '../journal.ts'
import { JournalError } from '../journal-error.ts'
import { type Begun, readWitness, type Unwritten } from '../witness.ts'
import { appendEach, appendWithin } from './append.ts'
import { adopt } from './applied.ts'
import { recordVote } from './approvals.ts'
import { recordAttempt } from './attempts.ts'
import { acceptClock, acceptJournal, begin, clockAccepted, doubt, unwrittenStops, witness } from './beside.ts'
import { actionIsDue, claimAction, giveBackAction, mayCall } from './claim-action.ts'
import { claimLane, giveBackLane, laneIsDue, parkLane, postponeLane } from './claim-lane.ts'
import { Connection, explainedError, openForWriting } from './connection.ts'
import { recordDecision } from './decisions.ts'
import { classifyDrift, recordDrift } from './drift.ts'
import { enqueue } from './enqueue.ts'
import { settleTimes } from './future.ts'
import { clearStop, releaseHeld, setStop } from './holds.ts'
import { type Lock, lockHolder, lockInstance } from './lock.ts'
import { pinNames, readNamePins } from './name-pins.ts'
import { amend, claim, endClaim, readOutbox } from './outbox.ts'
import { makePrivate } from './private.ts'
import { prune } from './prune.ts'
import { nextDue, readBusyLanes, readLaneNow, readLanesAbout, readPins } from './read-lanes.ts'
import { readingOn } from './reading.ts'
import { releaseEarlier } from './release.ts'
import { writeSamples } from './samples.ts'

/** The file of a journal, and how its connection is opened. */
export interface SqliteJournalOptions {
  readonly path: string
  /** ms since the epoch; the journal's only clock. */
  readonly now?: () => number
  /**
   * Only one process at a time: set by the one that decides and acts, not by its other threads, nor by readers. A lock
   * that is held already is taken over.
   */
  readonly exclusive?: boolean | Lock
  /** The file grows no further; then every write is refused, as on a full disk. */
  readonly maxBytes?: number
  /** A file of it that other users could open was closed to them, or could not be. */
  readonly onLoose?: (sentence: string) => void
}

/** Opens the journal in one SQLite file: for one process on one machine; each of its threads opens its own connection. */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const { path, now = Date.now } = options
  for (const sentence of closed(path)) options.onLoose?.(sentence)
  // First of all: a running process must not find its file migrated under it.
  const { exclusive = false } = options
  const lock = exclusive === true ? lockInstance(path, process.pid) : exclusive || null
  let db: Connection | undefined
  let begun: Begun | null = null
  try {
    db = new Connection(
      path,
      now,
      openForWriting(path, options.maxBytes ?? null, lock === null ? leaveToItsProduct : () => {})
    )
    await installed(db)
    if (lock !== null) begun = await begin(db)
  } catch (error) {
    await db?.close()
    lock?.release()
    throw error
  }
  return journalOn(db, begun, () => lock?.release())
}

function closed(path: string): readonly string[] {
  try {
    return makePrivate(path)
  } catch (error) {
    throw explainedError(error, path)
  }
}

/** A command of a newer build must not bring the tables of a running product up to date under it. */
function leaveToItsProduct(path: string): void {
  const holder = lockHolder(path)
  if (holder === null) return
  throw new JournalError(
    `${path} is used by a running product (pid ${holder.pid ?? 'unknown'}) of an older build, and this command would ` +
      'change its tables: restart the product on this build first, or use the command of its build'
  )
}

/**
 * The installation's id is made once, by whoever opens the new file. One that had a journal before keeps it: what it wrote
 * outside bears its mark.
 */
function installed(db: Connection): Promise<unknown> {
  const seen = readWitness(db.path)
  const id = seen === null || seen === 'broken' ? randomBytes(4).toString('hex') : seen.installation
  return db.write(() => db.sql(`insert into meta (key, value) values ('install', ?) on conflict do nothing`).run(id))
}

function journalOn(db: Connection, begun: Begun | null, release: () => void): Journal {
  let beside: Unwritten = { stops: [], at: begun?.lastAt ?? db.now() }
  /** A stop that is lifted, or said, is not left to the next turn. */
  const keepStops = async <T>(done: T): Promise<T> => {
    const seen = readWitness(db.path)
    // A command knows no better time than the one that is there.
    const at = begun === null && seen !== null && seen !== 'broken' ? seen.at : beside.at
    // It is written by now: what cannot be kept beside it is said by the product's next turn.
    await witness(db, { ...beside, at }).catch(() => {})
    return done
  }
  return {
    ...readingOn(db),

    append: (batch) =>
      db
        .write(() => appendWithin(db, batch))
        .catch((error: unknown) => {
          // The file or the disk: nothing that one event could be blamed for.
          if (error instanceof JournalError) throw error
          return db.write(() => appendEach(db, batch))
        }),

    async claimLane(owner, leaseMs, except = []) {
      if (!(await db.read(() => laneIsDue(db, except)))) return null
      return db.write(() => claimLane(db, owner, leaseMs, except))
    },
    recordDecision: (claim, record, guard) => db.write(() => recordDecision(db, claim, record, guard)),
    postponeLane: (claim, at, reason) => db.write(() => postponeLane(db, claim, at, reason)),
    giveBackLane: (claim, reason) => db.write(() => giveBackLane(db, claim, reason)),
    parkLane: (claim, reason, build) => db.write(() => parkLane(db, claim, reason, build)),

    async claimAction(owner, leaseMs, guard, except = []) {
      if (!(await db.read(() => actionIsDue(db, except)))) return null
      return db.write(() => claimAction(db, owner, leaseMs, guard, except))
    },
    mayCall: (action) => db.read(() => mayCall(db, action)),
    giveBackAction: (action, reason) => db.write(() => giveBackAction(db, action, reason)),
    recordAttempt: (action, result, retryAt) => db.write(() => recordAttempt(db, action, result, retryAt)),

    releaseHeld: (rules) => db.write(() => releaseHeld(db, rules)),
    stop: async (stop, event) => keepStops(await db.write(() => setStop(db, stop, event))),
    resume: async (id, event) => keepStops(await db.write(() => clearStop(db, id, event))),
    vote: (id, one, rules, event) => db.write(() => recordVote(db, id, one, rules, event)),
    pins: () => db.read(() => readPins(db)),

    nextDue: () => db.read(() => nextDue(db)),
    releaseEarlier: (owner) => db.write(() => releaseEarlier(db, owner)),

    lanesAbout: (policy, resource) => db.read(() => readLanesAbout(db, policy, resource)),
    laneNow: (policy, key) => db.read(() => readLaneNow(db, policy, key)),
    busyLanes: (policy) => db.read(() => readBusyLanes(db, policy)),
    setApplied: (policy, row, resources) => db.write(() => adopt(db, policy, row, resources)),

    recordDrift: (policy, scope, drifts) => db.write(() => recordDrift(db, policy, scope, drifts)),
    classifyDrift: (seenBefore) => db.write(() => classifyDrift(db, seenBefore)),

    sample: (rows) => db.write(() => writeSamples(db, rows)),
    enqueue: (entries) => db.write(() => enqueue(db, entries)),
    outbox: (sink, about) => db.read(() => readOutbox(db, sink, about)),
    claimOutbox: (of, leaseMs, event) => db.write(() => claim(db, of, leaseMs, event)),
    endOutbox: (of, outcome, event) => db.write(() => endClaim(db, of, outcome, event)),
    amendOutbox: (sink, about, shown, event) => db.write(() => amend(db, { sink, about }, shown, event)),
    namePins: (prefix) => db.read(() => readNamePins(db, prefix)),
    pinNames: (prefix, pins) => db.write(() => pinNames(db, prefix, pins)),

    prune: (finishedBefore, keepIdsBefore) => prune(db, finishedBefore, keepIdsBefore),

    async probe() {
      await db.write(() => tryWrite(db))
      return { freeBytes: await freeBytes(db.path) }
    },
    doubt: () => doubt(db),
    unwrittenStops: () => unwrittenStops(db),
    begun,
    async keepBeside(unwritten) {
      beside = unwritten
      await witness(db, unwritten)
    },
    async accept(what, event) {
      await db.write(() =>
        appendWithin(db, { events: [{ event, lanes: [], note: 'a person answers for it' }], ignored: [] })
      )
      if (what === 'journal') await acceptJournal(db)
      else await acceptClock(db)
    },
    clockAccepted: () => db.read(() => clockAccepted(db)),
    clockWentBack: () => db.write(() => settleTimes(db)),

    installId: () =>
      db.read(() => db.sql<{ value: string }>(`select value from meta where key = 'install'`).get()!.value),
    async close() {
      await db.close()
      release()
    }
  }
}

/** Needs room for pages of its own, as an event does: a row that stays would always fit where it stood before. */
function tryWrite(db: Connection): void {
  db.sql(`insert or replace into meta (key, value) values ('probe', ?)`).run(' '.repeat(20_000))
  db.sql(`delete from meta where key = 'probe'`).run()
}

async function freeBytes(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(dirname(path))
    return bavail * bsize
  } catch {
    return null
  }
}
