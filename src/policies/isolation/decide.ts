import type { ActionRequest } from '../../core/action.ts'
import type { Breach } from '../../core/breach.ts'
import { type Decision, type Mode, modes, planSteps, skip } from '../../core/policy.ts'
import { exemptionsFor, overdue } from './exemptions.ts'
import { judge, type RuleFinding } from './judge.ts'
import { namesOf, resourceOf } from './naming.ts'
import type { KnownBreach, Subject } from './questions/subjects.ts'
import { bySeverity, type Stated, stated } from './states.ts'
import { called, type World } from './world.ts'

/** What is closed in people's way takes its plan after what is closed freely; the lane looks again so soon. */
const nextMs = 5000

/** Decides one lane: everything that must not be, the state of each, and the steps that close what can be closed now. */
export function decideSubject(subject: Subject, known: readonly KnownBreach[], world: World): Decision {
  const { found, notes } = judge(subject, { ...world, known })
  const all = stated(subject, found, known, world)
  const resources = [resourceOf(subject)]
  const details = found.flatMap(({ fact }) => (fact.detail === '' ? [] : [fact.detail]))
  const names = namesOf(subject, details)
  const findings = [
    ...all.filter(({ breach }) => breach.state === 'open').map(({ breach }) => `${breach.summary}: ${breach.because}`),
    ...(['surely', 'bare'] as const).flatMap((how) => overdue(exemptionsFor(names, how, world), world.now)),
    ...doubtsOf(found, world),
    ...notes
  ]
  if (all.length === 0)
    return skip(`${subject.kind} ${called(subject)} keeps to its cluster`, { findings, resources, breaches: [] })

  const closing = all.filter((one) => one.steps.length > 0)
  // A plan has one mode, that of its most careful step: what may be done freely does not wait for people.
  const mode = modes.findLast((one) => closing.some((other) => other.mode === one))
  const now = closing.filter((one) => one.mode === mode)
  const later = closing.filter((one) => one.mode !== mode)
  const breaches = all.map((one): Breach => {
    const { breach } = one
    if (later.includes(one))
      return {
        ...breach,
        state: 'open',
        because: `${breach.because}, once what needs ${one.mode === 'approve' ? 'no approval' : 'less care'} is done`
      }
    if (now.includes(one) && mode === 'observe')
      return { ...breach, state: 'open', because: `isolation is on observe here; it would be ${breach.because}` }
    return breach
  })
  const againAt = earliest(all, later.length > 0 && mode !== 'observe' ? world.now + nextMs : null)
  const more = { findings, resources, breaches, ...(againAt !== null && { againAt }) }
  if (mode === undefined) return skip(headline(breaches), more)
  const steps = unique(now.flatMap((one) => one.steps))
  const reason = headline(now.map((one) => one.breach))
  return planSteps(reason, steps, { ...more, independent: true, ...atMost(mode) })
}

/** The worst of what nobody answers for, and how many more. */
function headline(breaches: readonly Breach[]): string {
  const [worst, ...others] = [...breaches].sort(
    (a, b) => Number(a.state === 'exempt') - Number(b.state === 'exempt') || bySeverity(a, b)
  )
  const more = others.length === 0 ? '' : `, and ${others.length} more`
  return `${worst!.summary}: ${worst!.because}${more}`
}

const atMost = (mode: Mode): { atMost?: Mode } => (mode === 'enforce' ? {} : { atMost: mode })

function earliest(all: readonly Stated[], next: number | null): number | null {
  const times = [...all.map((one) => one.changesAt), next].filter((one) => one !== null)
  return times.length === 0 ? null : Math.min(...times)
}

/** Entries of the configuration that count for nothing, where something of their kind was found. */
function doubtsOf(found: readonly RuleFinding[], { matrix }: World): readonly string[] {
  const unsure = found.flatMap(({ fact }) => fact.unsure ?? [])
  return (matrix.doubts ?? []).flatMap(({ why }) => (unsure.includes(why) ? why : []))
}

/** Two rules may ask for the same step. */
const unique = (steps: readonly ActionRequest[]): readonly ActionRequest[] => [
  ...new Map(steps.map((step) => [JSON.stringify(step), step])).values()
]
