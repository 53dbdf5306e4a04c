import type { Breach } from '../../core/breach.ts'
import type { Drift, SweepResult } from '../../core/policy.ts'
import { decideSubject } from './decide.ts'
import { laneOf, ownId, readLane, resourceOf } from './naming.ts'
import type { IsolationWorldAnswer, KnownBreach, Subject } from './questions/subjects.ts'
import { rules } from './rules/index.ts'
import type { IsolationSettings } from './settings.ts'
import { worldOf } from './world.ts'

/**
 * Asks each lane's own rules on the complete lists. A lane that would close something, or whose breaches are not those
 * that the journal has, is drift; the lane reads again before it decides.
 */
export function compareSubjects(
  answer: IsolationWorldAnswer,
  settings: IsolationSettings,
  policy = 'isolation'
): SweepResult {
  const world = worldOf(answer.matrix, settings, policy)
  const busy = new Set(answer.busy)
  const drifts: Drift[] = []
  const seen = new Set<string>()
  let breaching = 0
  for (const subject of answer.subjects) {
    const lane = laneOf(subject)
    seen.add(lane)
    const known = answer.known[lane] ?? []
    const { outcome, atMost, breaches = [], reason } = decideSubject(subject, known, world)
    if (breaches.length > 0) breaching++
    const { appeared, over, changed } = differences(breaches, known)
    // A lane may be held for a day, until somebody approves: what is new there does not wait for that.
    if (busy.has(lane) && appeared.length === 0) continue
    const acts = outcome === 'act' && atMost !== 'observe'
    if (!acts && appeared.length + over.length === 0 && !changed) continue
    const ended = over.length === 0 ? '' : `${appeared.length === 0 ? '' : '; '}over: ${namesOf(over)}`
    drifts.push({
      lane,
      reason: `the sweep found: ${appeared.length > 0 || over.length === 0 ? reason : ''}${ended}`,
      resources: [resourceOf(subject)],
      eventExists: tellable([...appeared, ...over], subject.kind === 'person' && appeared.length === 0),
      subjects: [ownId(subject.id), ...breaches.flatMap(({ detail }) => (detail === '' ? [] : [detail]))]
    })
  }
  const unknown = new Set(answer.unknown)
  for (const [lane, known] of Object.entries(answer.known)) {
    if (known.length === 0 || seen.has(lane) || busy.has(lane)) continue
    // A server of a cell that is down is not gone, nor is a trust that we may not read.
    if (unknown.has(lane) || unknown.has(`${lane.slice(0, lane.indexOf(':'))}:*`)) continue
    drifts.push({
      lane,
      reason: `the sweep found: it is not there any more; over: ${namesOf(known)}`,
      resources: [],
      eventExists: tellable(known, lane.startsWith('person:')),
      subjects: [ownId(readLane(lane).id)]
    })
  }
  const doubts = (answer.matrix.doubts ?? []).map(({ why }) => why)
  const unread = [...(answer.unread ?? []), ...doubts].map((sentence) => `; ${sentence}`).join('')
  return { read: `${count(answer.subjects)}; ${breaching} of them breach${unread}`, drifts }
}

type Named = { readonly rule: string; readonly detail: string; readonly state: Breach['state'] }

function differences(now: readonly Named[], known: readonly KnownBreach[]) {
  const key = ({ rule, detail }: Named) => `${rule} ${detail}`
  const before = new Map(known.map((one) => [key(one), one]))
  const after = new Set(now.map(key))
  return {
    appeared: now.filter((one) => !before.has(key(one))),
    over: known.filter((one) => !after.has(key(one))),
    changed: now.some((one) => before.has(key(one)) && before.get(key(one))!.state !== one.state)
  }
}

const eventful = new Set(rules.filter((rule) => rule.events.length > 0).map((rule) => rule.name))

/**
 * Whether an event should have told. Not of what only time or the configuration changed, and not of a person who lost
 * a role with a group: that event does not name the person.
 */
const tellable = (differing: readonly Named[], lostByPerson: boolean): boolean =>
  !lostByPerson && differing.some(({ rule }) => eventful.has(rule))

const namesOf = (all: readonly Named[]) => [...new Set(all.map(({ rule }) => rule))].join(', ')

function count(subjects: readonly Subject[]): string {
  const byKind = Map.groupBy(subjects, ({ kind }) => kind)
  return [...byKind].map(([kind, all]) => `${all.length} ${kind}`).join(', ') || 'nothing'
}
