import { cleanText } from '../../base/error-text.ts'
import { longestMs } from '../../core/clock.ts'
import { setAside } from '../../core/lane-turn.ts'
import type { ClaimedLane } from '../claims.ts'
import { resourcesOf } from './concerns.ts'
import type { Connection } from './connection.ts'
import { insertDecision } from './decision-row.ts'
import { type EventRecord, storedEvents } from './event-record.ts'
import { anyHoldIsOver, releaseOver } from './holds.ts'
import { dueAgain } from './turn.ts'
import { wishersOf } from './wishes.ts'

/** More are decided in a second round: a claim must fit in memory whatever the storm. */
const EVENTS_PER_CLAIM = 1000

interface LaneRecord {
  readonly id: number
  readonly policy: string
  readonly key: string
  readonly head: number
  readonly tries: number
  readonly generation: number
}

const claimable = `
  from lane
  where pending > 0 and parked is null and open is null and due <= :now and (lease <= :now or lease > :now + ${longestMs})
    and id not in (select value from json_each(:except))
  order by due, head limit 1`

/** Tells whether a claim would find anything; asked outside of a transaction, so that idle workers hold up nobody. */
export function laneIsDue(db: Connection, except: readonly number[]): boolean {
  const values = { now: db.now(), except: JSON.stringify(except) }
  return db.sql(`select 1 ${claimable}`).get(values) !== undefined || anyHoldIsOver(db)
}

/** Claims the next due lane, with its pending events; null when none is due. */
export function claimLane(
  db: Connection,
  owner: string,
  leaseMs: number,
  except: readonly number[]
): ClaimedLane | null {
  const now = db.now()
  releaseOver(db)
  const lane = db
    .sql<LaneRecord>(
      `update lane set owner = :owner, lease = :lease, seen = last
       where id = (select id ${claimable})
       returning id, policy, key, head, tries, generation`
    )
    .get({ now, owner, lease: now + leaseMs, except: JSON.stringify(except) })
  if (lane === undefined) return null
  const rows = db
    .sql<EventRecord>(
      `select event.* from lane_event join event using (seq)
       where lane_event.lane = ? and lane_event.seq > ?
       order by lane_event.seq limit ${EVENTS_PER_CLAIM}`
    )
    .all(lane.id, lane.head)
  const { events, unreadable } = storedEvents(rows)
  return {
    lane: lane.id,
    policy: lane.policy,
    key: lane.key,
    owner,
    leaseUntil: now + leaseMs,
    tries: lane.tries,
    generation: lane.generation,
    resources: resourcesOf(db, lane.id),
    events,
    throughSeq: rows.at(-1)?.seq ?? lane.head,
    count: rows.length,
    ...(unreadable === null ? {} : { unreadable }),
    wishers: wishersOf(db, lane.id)
  }
}

/** Ends a claim without a decision and counts a try; the lane is due again at `at` (ms since the epoch). */
export function postponeLane(db: Connection, claim: ClaimedLane, at: number, reason: string): void {
  if (!holds(db, claim)) return
  db.sql(
    `update lane set due = :at, retry = :at, waiting = :reason, tries = tries + 1, owner = null, lease = 0
     where id = :lane`
  ).run({ lane: claim.lane, at, reason: cleanText(reason) })
}

/** Ends a claim without a decision and without counting a try; the lane stays due. */
export function giveBackLane(db: Connection, claim: ClaimedLane, reason: string): void {
  if (!holds(db, claim)) return
  db.sql('update lane set waiting = ?, owner = null, lease = 0 where id = ?').run(cleanText(reason), claim.lane)
}

/** Sets a lane aside, with the failure recorded as a decision. */
export function parkLane(db: Connection, claim: ClaimedLane, why: string, build: string): void {
  const lane = db.sql<{ last: number; seen: number }>('select last, seen from lane where id = ?').get(claim.lane)
  if (lane === undefined || !holds(db, claim)) return
  const { reason, parked, decided } = setAside(lane, claim, why)
  insertDecision(db, claim, {
    at: db.now(),
    mode: null,
    outcome: 'failed',
    reason,
    findings: '[]',
    resources: JSON.stringify(claim.resources),
    plan: '[]',
    hints: '[]',
    build
  })
  db.sql('update lane set parked = ?, waiting = null, tries = 0, retry = 0, owner = null, lease = 0 where id = ?').run(
    parked,
    claim.lane
  )
  if (decided === null) return
  db.sql('update lane set head = ?, pending = pending - ?, generation = generation + 1 where id = ?').run(
    decided.throughSeq,
    decided.count,
    claim.lane
  )
  dueAgain(db, claim.lane)
}

/** Tells whether the claim still holds. */
export function holds(db: Connection, claim: ClaimedLane): boolean {
  const { lane, owner, leaseUntil } = claim
  return (
    leaseUntil > db.now() &&
    db.sql('select 1 from lane where id = ? and owner = ? and lease = ?').get(lane, owner, leaseUntil) !== undefined
  )
}
