import type { Drift, SweepResult } from '../../core/policy.ts'
import { resourceId } from '../shared/resource-id.ts'
import { judgeIdle } from './judge.ts'
import { laneParts } from './lanes.ts'
import type { HygieneWorld, KnownFinding } from './questions/world.ts'
import type { HygieneSettings } from './settings.ts'

/** Asks each lane's own rules on the complete lists; a lane that would say or do something else than the journal has is drift. */
export function compareHygiene(answer: HygieneWorld, settings: HygieneSettings): SweepResult {
  const { now, subjects, known } = answer
  const busy = new Set(answer.busy)
  const seen = new Set<string>()
  const drifts: Drift[] = []
  let found = 0
  for (const subject of subjects) {
    const lane = resourceId(subject.kind, subject.project, subject.id)
    seen.add(lane)
    const { breach, release, reason } = judgeIdle(subject, settings, now)
    if (breach) found++
    if (breach === undefined || busy.has(lane)) continue
    const before = known[lane] ?? []
    if (!release && same(before, breach)) continue
    drifts.push(drift(lane, `the sweep found: ${reason}`, before.length > 0 && breach === null))
  }
  for (const [lane, before] of Object.entries(known))
    if (!seen.has(lane) && !busy.has(lane) && before.length > 0)
      drifts.push(drift(lane, 'the sweep found: it is not there any more', true))
  const counts = [...Map.groupBy(subjects, ({ kind }) => kind)].map(([kind, all]) => `${all.length} ${kind}`)
  return { read: `${counts.join(', ') || 'nothing'}; ${found} idle for too long`, drifts }
}

const same = (before: readonly KnownFinding[], breach: { readonly rule: string; readonly state: string } | null) =>
  breach === null
    ? before.length === 0
    : before.length === 1 && before[0]!.rule === breach.rule && before[0]!.state === breach.state

/** Nothing tells that time has passed; that something is used again, an event should have told. */
function drift(lane: string, reason: string, eventExists: boolean): Drift {
  return { lane, reason, resources: [lane], eventExists, subjects: [laneParts(lane).id] }
}
