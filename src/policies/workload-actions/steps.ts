import type { ActionRequest } from '../../core/action.ts'
import { durationMs } from '../../core/duration.ts'
import { type Decision, planSteps, skip } from '../../core/policy.ts'
import type { EventAnswer } from '../shared/event.ts'
import { annotate } from './actions/annotate.ts'
import { type RolloutRestart, rolloutRestart } from './actions/rollout-restart.ts'
import { askedCommitOf } from './asked.ts'
import { deployerVersions } from './questions/deployer-kinds.ts'
import type { WorkloadAnswer } from './questions/workload.ts'
import type { Service, WorkloadRule } from './settings.ts'

/** What is to be done to one service on one cluster, and because of which event. */
export interface Wanted {
  readonly cluster: string
  readonly service: Service
  readonly rule: Pick<WorkloadRule, 'do' | 'deadline'>
  readonly event: EventAnswer
  /** The event, as a part of a sentence. */
  readonly why: string
}

const annotated = {
  reconcile: { annotation: 'reconcile.fluxcd.io/requestedAt', done: { statusField: 'lastHandledReconcileAt' } },
  refresh: { annotation: 'argocd.argoproj.io/refresh', done: { removed: true } }
} as const

const whatOf = ({ kind, namespace, name }: Service | Source) => `${kind.toLowerCase()} ${namespace}/${name}`
type Source = NonNullable<WorkloadAnswer['sources']>[number]

/** Makes the plan: one restart; or one annotation for each link of what Flux applies, the source first. */
export function planFor(wanted: Wanted, workload: WorkloadAnswer): Decision {
  const { cluster, service, rule, why } = wanted
  const what = `${whatOf(service)} on ${cluster}`
  if (workload.status !== 'present') return skip(`${what}: ${workload.reason}`)
  const made = rule.do === 'restart' ? restart(wanted, workload) : annotations({ ...wanted, does: rule.do }, workload)
  if (typeof made === 'string') return skip(`${what} ${made}`)
  return planSteps(`${rule.do} of ${what}, because of ${why}`, made, { resources: made.map((step) => step.target) })
}

const place = (cluster: string, { kind, namespace, name }: Pick<Source, 'kind' | 'namespace' | 'name'>) => ({
  cluster,
  target: `kubernetes/${cluster}/${kind}/${namespace}/${name}`,
  scope: `kubernetes/${cluster}`
})

function restart(
  { cluster, service, rule, event }: Wanted,
  workload: WorkloadAnswer
): readonly ActionRequest[] | string {
  const { namespace, kind, name } = service
  const restartedAt = event.receivedAt
  const before = workload.restartedAt
  if (before !== null && isSince(before, restartedAt)) return `was restarted at ${before}, after this was asked for`
  if (workload.cannot != null) return workload.cannot
  const asked = askedCommitOf(event, null)
  const input = {
    // `canDo` was asked: a restart is for these kinds only.
    kind: kind as RolloutRestart['kind'],
    ...{ namespace, name, restartedAt, expects: before },
    deadlineMs: durationMs(rule.deadline)!
  }
  return [
    rolloutRestart.request({
      ...place(cluster, service),
      input: { ...input, ...(asked !== undefined && { asked }) }
    })
  ]
}

const YEAR_MS = 366 * 24 * 3_600_000

/** Whoever may edit the workload may write any time there: one of the year 2300 must not keep it from being restarted. */
function isSince(time: string, asked: string): boolean {
  const later = Date.parse(time) - Date.parse(asked)
  return later >= 0 && later <= YEAR_MS
}

function annotations(
  { cluster, service, rule, event, does }: Wanted & { readonly does: keyof typeof annotated },
  {
    apiVersion = deployerVersions[service.kind]![0]!,
    revision = null,
    sources = [],
    follows = [],
    paused
  }: WorkloadAnswer
): readonly ActionRequest[] | string {
  const { namespace, kind, name } = service
  if (does === 'reconcile' && paused) return 'is suspended: nothing happens to it until somebody runs flux resume'
  for (const one of sources) {
    if (one.status === 'gone') return `has a source that does not exist (404): ${whatOf(one)}`
    if (one.suspended)
      return `has a source that is suspended, so nothing new is fetched: ${whatOf(one)}; flux resume it`
  }
  const value = does === 'refresh' ? 'normal' : event.receivedAt
  const common = { ...annotated[does], value, deadlineMs: durationMs(rule.deadline)! }
  const asked = askedCommitOf(event, follows)
  const links = [...sources.map(({ status, suspended, ...named }) => named), { apiVersion, kind, namespace, name }]
  return links.map((link, n) => {
    const last = n === links.length - 1
    const input = {
      ...{ apiVersion: link.apiVersion, kind: link.kind, namespace: link.namespace, name: link.name, ...common },
      ...(n > 0 && { source: links[n - 1]! }),
      ...(last && { before: revision, ...(asked !== undefined && { asked }) })
    }
    return annotate.request({ ...place(cluster, link), input })
  })
}
