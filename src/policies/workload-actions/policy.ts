import type { ActionRequest } from '../../core/action.ts'
import { callerOf } from '../../core/caller.ts'
import { durationMs } from '../../core/duration.ts'
import { act, type Decision, type Policy, skip } from '../../core/policy.ts'
import { type EventAnswer, eventQuery } from '../../state/event.ts'
import { deployerVersions, type WorkloadAnswer, workloadQuery } from '../../state/workload.ts'
import { inWords, lanesOf, type Reaction, readLane } from './lanes.ts'
import { canDo, checkSettings, type Rule, type Service, settingsSchema, type WorkloadSettings } from './settings.ts'

/**
 * Does something to a service on its cluster because something happened: a merge, a pipeline, words in Slack. Every
 * event is a lane of its own and decided once; the placement matrix says on which clusters a service may be touched.
 */
export const workloadActions: Policy<WorkloadSettings> = {
  name: 'workload-actions',
  kind: 'reaction',
  settings: settingsSchema,
  actions: ['rollout-restart', 'annotate'],
  check: checkSettings,
  quietMs: 0,
  maxMs: 0,
  lanes: lanesOf,

  needs(lane, settings) {
    const { service, cluster, time, id } = readLane(lane.key)
    const known = settings.services[service]
    const event = { event: eventQuery(id, time) }
    if (known === undefined || refusal(service, cluster, settings) !== null) return event
    return { ...event, workload: workloadQuery({ cluster, ...known }) }
  },

  decide(lane, answers, settings) {
    const reaction = readLane(lane.key)
    const { service, cluster } = reaction
    const event = answers.event as unknown as EventAnswer | null
    const known = settings.services[service]
    if (event === null) return skip('its event is not in the journal any more')
    if (known === undefined)
      return skip(
        `there is no service '${service}'; services are: ${Object.keys(settings.services).join(', ') || 'none'}`
      )
    const refused = refusal(service, cluster, settings)
    if (refused !== null) return skip(refused)
    const rule = ruleOf(reaction, settings)
    if (rule === undefined) return skip(`rule ${reaction.rule} is not configured any more`)
    if (!canDo(rule.do, known)) return skip(`${rule.do} is not for a ${known.kind}, which ${service} is`)
    if (event.ageMs > durationMs(rule.maxAge)!)
      return skip(`too late: this was ${Math.round(event.ageMs / 60_000)} min ago, and maxAge is ${rule.maxAge}`)
    return decideWorkload({ reaction, rule, service: known, event }, answers.workload as unknown as WorkloadAnswer)
  },

  sweep: null
}

/** Why the service is not touched on this cluster, by the placement matrix; null where it may be. */
function refusal(service: string, cluster: string, { placement, clusterNames = [] }: WorkloadSettings): string | null {
  const placed = placement?.[service] ?? []
  if (placed.includes(cluster)) return null
  if (placed.length === 0)
    return `placement.${service} is not configured: it is placed on no cluster, and touched on none`
  const unknown = clusterNames.includes(cluster) ? '' : `; clusters are: ${clusterNames.join(', ')}`
  return `refused: ${service} is not placed on ${cluster} (placement: ${placed.join(', ')})${unknown}`
}

type AskedRule = Pick<Rule, 'do' | 'maxAge' | 'deadline'>

/** What people ask for in words is too old sooner than what a machine told. */
const askedFor: AskedRule = { do: 'restart', maxAge: '24h', deadline: '10m' }

const ruleOf = ({ rule }: Reaction, { rules }: WorkloadSettings): AskedRule | undefined =>
  inWords.includes(rule) ? askedFor : rules.find((one) => one.name === rule)

interface Asked {
  readonly reaction: Reaction
  readonly rule: AskedRule
  readonly service: Service
  readonly event: EventAnswer
}

const annotations = {
  reconcile: { annotation: 'reconcile.fluxcd.io/requestedAt', done: { statusField: 'lastHandledReconcileAt' } },
  refresh: { annotation: 'argocd.argoproj.io/refresh', done: { removed: true } }
} as const

function decideWorkload({ reaction, rule, service, event }: Asked, workload: WorkloadAnswer): Decision {
  const { cluster } = reaction
  const { namespace, kind, name } = service
  const what = `${kind.toLowerCase()} ${namespace}/${name} on ${cluster}`
  if (workload.status !== 'present') return skip(`${what}: ${workload.reason}`)
  const where = {
    cluster,
    target: `kubernetes/${cluster}/${kind}/${namespace}/${name}`,
    scope: `kubernetes/${cluster}`
  }
  const why = `${event.type}${titleOf(event)}`
  if (rule.do === 'restart') {
    const restartedAt = event.receivedAt
    const before = workload.restartedAt
    if (before !== null && Date.parse(before) >= Date.parse(restartedAt))
      return skip(`${what} was restarted at ${before}, after this was asked for`)
    const input = { kind, namespace, name, restartedAt, expects: before, deadlineMs: durationMs(rule.deadline) }
    const step: ActionRequest = { type: 'rollout-restart', risk: 'update', ...where, input }
    return act(`restart of ${what}, because of ${why}`, [step], { resources: [where.target] })
  }
  const { annotation, done } = annotations[rule.do]
  const value = rule.do === 'refresh' ? 'normal' : event.receivedAt
  const input = { apiVersion: deployerVersions[kind]!, kind, namespace, name, annotation, value, done }
  const step: ActionRequest = { type: 'annotate', risk: 'update', ...where, input }
  return act(`${rule.do} of ${what}, because of ${why}`, [step], { resources: [where.target] })
}

function titleOf({ data }: EventAnswer): string {
  if (data.kind === 'person') return ` by ${data.actor}${data.reason === null ? '' : ` (${data.reason})`}`
  if (data.kind === 'slack') return ` by ${callerOf(data)} ("${data.words}")`
  if (data.kind !== 'gitlab') return ''
  const number = data.iid === null ? '' : `!${data.iid}`
  return ` ${data.project ?? ''}${number}${data.user === null ? '' : ` by ${data.user}`}`
}
