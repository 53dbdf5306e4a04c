import { cleanText } from '../../base/error-text.ts'
import type { Guard, Verdict } from '../../core/guard.ts'
import type { ClaimedLane } from '../claims.ts'
import type { DecisionRecord, Recorded } from '../recorded.ts'
import { storeAnswer } from './answers.ts'
import { appendWithin } from './append.ts'
import { askApproval, endOpen } from './approvals.ts'
import { recordBreaches } from './breaches.ts'
import { addConcern, resourcesOf } from './concerns.ts'
import type { Connection } from './connection.ts'
import { type EventRecord, storedEvents } from './event-record.ts'
import { factsOf } from './facts.ts'
import { anyHoldIsOver, type Hold, holdLane, holdOf, releaseOver } from './holds.ts'
import { planWithin } from './plan.ts'
import { keepWishes, settleWishes, wishersOf } from './wishes.ts'

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
  where pending > 0 and parked is null and open is null and due <= :now and (lease <= :now or lease > :now + 3600000)
    and id not in (select value from json_each(:except))
  order by due, head limit 1`

/** Whether a claim would find anything; asked outside of a transaction, so that idle workers hold up nobody. */
export function laneIsDue(db: Connection, except: readonly number[]): boolean {
  const values = { now: db.now(), except: JSON.stringify(except) }
  return db.sql(`select 1 ${claimable}`).get(values) !== undefined || anyHoldIsOver(db)
}

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

export function recordDecision(
  db: Connection,
  claim: ClaimedLane,
  record: DecisionRecord,
  guard: Guard
): Recorded | null {
  if (!holds(db, claim)) return null
  const { decision, mode, now } = record
  const acts = mode !== 'observe' && decision.steps.length > 0
  if (acts && record.actionIds.length !== decision.steps.length) {
    throw new Error(`${decision.steps.length} steps came with ${record.actionIds.length} action ids`)
  }
  const id = insertDecision(db, claim, {
    at: now,
    mode,
    outcome: decision.outcome,
    reason: decision.reason,
    findings: JSON.stringify(decision.findings),
    resources: JSON.stringify(decision.resources),
    plan: JSON.stringify(decision.steps),
    hints: JSON.stringify(decision.hints.map(({ lane, reason }) => ({ lane, reason }))),
    build: record.build
  })
  const answers: Record<string, unknown> = {}
  for (const [name, { query, answer }] of Object.entries(record.answers)) {
    answers[name] = { query, sha256: storeAnswer(db, id, answer) }
  }
  const settings = storeAnswer(db, id, record.settings)
  if (record.settles === true) settleWishes(db, claim.lane)
  else keepWishes(db, claim.lane, id, record.requesters)
  const { verdict, approval } = acts ? verdictOn(db, claim, id, record, guard) : { verdict: null, approval: null }
  if (approval === null) endOpen(db, claim.lane, [], `decision ${id} needs none: ${decision.reason}`)
  db.sql(
    `update decision set
       answers = ?, settings = ?, given = ?, verdict = ?, hash = ?, approval = ?, requesters = ? where id = ?`
  ).run(
    JSON.stringify(answers),
    settings,
    JSON.stringify(claim.resources),
    verdict === null ? null : JSON.stringify(verdict),
    decision.steps.length === 0 ? null : record.hash,
    approval,
    JSON.stringify(record.requesters),
    id
  )
  const hold = verdict !== null ? holdOf(verdict, db.now()) : decision.steps.length > 0 ? observed(now) : null
  const planned = verdict !== null && hold === null
  if (planned) {
    const { steps, independent } = decision
    planWithin(db, { decision: id, lane: claim.lane, steps, independent, ids: record.actionIds })
  }
  db.sql('delete from concern where lane = ? and seq <= ?').run(claim.lane, claim.throughSeq)
  for (const resource of decision.resources) addConcern(db, claim.lane, resource, claim.throughSeq)
  db.sql(
    `update lane set
       head = :through, pending = pending - :count, generation = generation + 1, tries = 0, retry = 0,
       owner = null, lease = 0, parked = null, waiting = null, held = null, held_until = null, open = :open,
       again = :again
     where id = :lane`
  ).run({
    lane: claim.lane,
    through: claim.throughSeq,
    count: claim.count,
    open: planned ? id : null,
    again: decision.againAt ?? null
  })
  const breaches = decision.breaches === undefined ? null : recordBreaches(db, claim, id, decision.breaches)
  if (hold !== null) holdLane(db, claim.lane, hold)
  dueAgain(db, claim.lane)
  appendWithin(db, { events: record.hints, ignored: [] })
  return { id, verdict, approval, planned, breaches }
}

/** What the policy would do stays true for a while without an event; looked at again within the hour. */
const observed = (now: number): Hold => ({
  rule: 'observe',
  reason: 'the policy observes: it says what it would do, and does nothing',
  until: now + 3_600_000
})

/** The approval that the plan rests on, and what the guard would say of it now: of independent steps the kindest, else the strictest. */
function verdictOn(
  db: Connection,
  claim: ClaimedLane,
  id: number,
  { decision, mode, hash, requesters, fourEyes = false, approvalMs, now }: DecisionRecord,
  guard: Guard
): { verdict: Verdict; approval: number | null } {
  const { steps, independent, reason } = decision
  let approval: number | null = null
  if (mode === 'approve') {
    const plan = { plan: steps, hash, summary: reason, requesters, fourEyes, approvalMs }
    const asked = askApproval(db, { lane: claim.lane, decision: id, ...plan })
    approval = asked.id
    db.sql('update decision set approval = ? where id = ?').run(approval, id)
    if (asked.state !== 'granted') {
      const why =
        asked.state === 'open'
          ? `waits for approval ${asked.id}: \`reflex approve ${asked.id}\``
          : `approval ${asked.id} was rejected; asked again at ${new Date(asked.expires).toISOString()}, or for another plan`
      return { verdict: { verdict: 'hold', rule: 'approval', reason: why, until: asked.expires }, approval }
    }
  }
  const verdicts = steps.map((step) => {
    const guarded = { ...step, policy: claim.policy, mode, decision: id, decidedAt: now }
    return guard.judge(guarded, factsOf(db, guarded, null, guard))
  })
  // In order, nothing is begun whose end would be held up: what is freed on one cluster is for another one.
  const held = verdicts.find((one) => holdOf(one, db.now()) !== null)
  const verdict = independent
    ? (verdicts.find((one) => holdOf(one, db.now()) === null) ?? verdicts[0]!)
    : (held ?? verdicts[0]!)
  return { verdict, approval }
}

export function postponeLane(db: Connection, claim: ClaimedLane, at: number, reason: string): void {
  if (!holds(db, claim)) return
  db.sql(
    `update lane set due = :at, retry = :at, waiting = :reason, tries = tries + 1, owner = null, lease = 0
     where id = :lane`
  ).run({ lane: claim.lane, at, reason: cleanText(reason) })
}

export function giveBackLane(db: Connection, claim: ClaimedLane, reason: string): void {
  if (!holds(db, claim)) return
  db.sql('update lane set waiting = ?, owner = null, lease = 0 where id = ?').run(cleanText(reason), claim.lane)
}

/** What arrived while it was being decided counts as the next event: then it is tried again at once. */
export function parkLane(db: Connection, claim: ClaimedLane, why: string, build: string): void {
  const reason = cleanText(why)
  if (!holds(db, claim)) return
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
  // What cannot be read never will be: whoever has the lane tried again has it decided without.
  const behind = claim.unreadable !== undefined
  db.sql(
    `update lane set
       head = iif(:behind, :through, head), pending = pending - iif(:behind, :count, 0),
       generation = generation + iif(:behind, 1, 0),
       parked = iif(last > seen, null, :reason), waiting = null, tries = 0, retry = 0, owner = null, lease = 0
     where id = :lane`
  ).run({ lane: claim.lane, reason, behind: behind ? 1 : 0, through: claim.throughSeq, count: claim.count })
  if (behind) dueAgain(db, claim.lane)
}

function holds(db: Connection, claim: ClaimedLane): boolean {
  const { lane, owner, leaseUntil } = claim
  return (
    leaseUntil > db.now() &&
    db.sql('select 1 from lane where id = ? and owner = ? and lease = ?').get(lane, owner, leaseUntil) !== undefined
  )
}

/** Sets the lane's times anew by what is pending. */
export function dueAgain(db: Connection, lane: number): void {
  db.sql(
    `update lane set (since, due) = (
       select min(first.received, :now), min(min(first.received, :now) + max, min(newest.received, :now) + quiet)
       from (
         select received from lane_event join event using (seq)
         where lane_event.lane = :lane and lane_event.seq > head order by lane_event.seq limit 1
       ) first, event newest
       where newest.seq = last and pending > 0
     )
     where id = :lane`
  ).run({ lane, now: db.now() })
}

function insertDecision(
  db: Connection,
  claim: ClaimedLane,
  row: {
    at: number
    mode: string | null
    outcome: string
    reason: string
    findings: string
    resources: string
    plan: string
    hints: string
    build: string
  }
): number {
  return db
    .sql(
      `insert into decision
         (lane, at, mode, outcome, reason, findings, generation, after_seq, through_seq, resources, plan, hints,
          answers, settings, build)
       select id, :at, :mode, :outcome, :reason, :findings, generation + 1, head, :through, :resources, :plan, :hints,
         '{}', '', :build
       from lane where id = :lane`
    )
    .run({ ...row, lane: claim.lane, through: claim.throughSeq }).lastInsertRowid
}
