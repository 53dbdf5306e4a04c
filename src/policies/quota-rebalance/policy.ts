import { durationMs } from '../../core/duration.ts'
import { type Decision, type Drift, planSteps, skip } from '../../core/policy.ts'
import type { Query } from '../../core/query.ts'
import { type ClustersAnswer, clustersQuestion } from '../shared/clusters.ts'
import { definePolicy, forEachOpenstack } from '../shared/define-policy.ts'
import { busyLanesQuestion } from '../shared/journal-memory.ts'
import { quotaSet } from './actions/quota-set.ts'
import { warnings } from './forecast.ts'
import { groupOf } from './group.ts'
import { quotaLanesOf } from './lanes.ts'
import type { LimitChange } from './model.ts'
import { type QuotaGroupAnswer, quotaGroupQuestion } from './questions/quota-group.ts'
import { rebalance } from './rebalance.ts'
import { checkQuotaSettings, idleQuotaSettings, type QuotaSettings, quotaSettingsSchema } from './settings.ts'
import { stepsOf } from './steps.ts'

/** One look at a group costs a handful of calls: what comes within this time is one decision. */
const folding = { quietMs: 500, maxMs: 2000 }

/** What could not be moved at once is looked at again. */
const patienceMs = 300_000

/**
 * Moves unused quota between the projects of a group to where it is short. Lanes: `project:<id>` finds the group of a
 * project that events tell of; `group:<name>` reads limits and usage of all its projects and decides.
 */
export const quotaRebalance = forEachOpenstack('quota-rebalance', (policyName) =>
  definePolicy({
    name: policyName,
    kind: 'reconcile',
    settings: quotaSettingsSchema,
    questions: [clustersQuestion, quotaGroupQuestion, busyLanesQuestion],
    actions: [quotaSet],
    check: checkQuotaSettings,
    idle: idleQuotaSettings,
    through: ({ groups }) =>
      Object.entries(groups).map(([group, { projects }]) => ({
        part: `group ${group}`,
        clusters: Object.keys(projects)
      })),
    ...folding,
    lanes: (event, settings) => quotaLanesOf(event, settings, policyName),

    needs(lane, settings) {
      if (lane.key.startsWith('project:')) return { clusters: clustersQuestion({}) }
      const name = groupName(lane.key)
      return settings.groups[name] === undefined ? {} : { group: queryOf(policyName, name, settings) }
    },

    decide(lane, answers, settings) {
      const { clusters, group } = answers
      if (clusters !== undefined) return decideProject(lane.key.slice('project:'.length), clusters, settings)
      const name = groupName(lane.key)
      if (group === undefined)
        return skip(`there is no group '${name}'; groups are: ${Object.keys(settings.groups).join(', ')}`)
      return decideGroup(name, group, settings)
    },

    sweep: {
      needs(settings) {
        const groups = Object.keys(settings.groups).map((name) => [name, queryOf(policyName, name, settings)] as const)
        return Object.assign({ 'busy lanes': busyLanesQuestion({ policy: policyName }) }, Object.fromEntries(groups))
      },
      compare(answers, settings) {
        const names = Object.keys(settings.groups)
        const busy = answers['busy lanes']
        const drifts = names.flatMap((name): Drift[] => {
          if (busy.includes(`group:${name}`)) return []
          const { outcome, reason } = decideGroup(name, answers[name]!, settings)
          if (outcome === 'skip') return []
          // Refused requests, and limits that others change in other services than Neutron, have no notification.
          return [
            {
              lane: `group:${name}`,
              reason: `the sweep found: ${reason}`,
              resources: [],
              eventExists: false,
              subjects: []
            }
          ]
        })
        return { read: `${names.length === 1 ? '1 group' : `${names.length} groups`} of projects`, drifts }
      }
    }
  })
)

const groupName = (key: string): string => key.slice('group:'.length)

function queryOf(policy: string, name: string, settings: QuotaSettings): Query<QuotaGroupAnswer, 'quota-group'> {
  const { projects, resources } = settings.groups[name]!
  const discover = Object.entries(resources).flatMap(([resource, { capacity }]) =>
    typeof capacity === 'number' ? [] : [resource]
  )
  const overMs = Math.max(...[settings.over, settings.respect, settings.coolDown].map((one) => durationMs(one)!))
  return quotaGroupQuestion({
    policy,
    lane: `group:${name}`,
    cloud: settings.cloud,
    clusters: Object.keys(projects),
    resources: Object.keys(resources),
    discover,
    overMs
  })
}

/** Which groups a project is in: they are hinted at. */
function decideProject(projectId: string, clusters: ClustersAnswer, { groups }: QuotaSettings): Decision {
  const cluster = clusters[projectId]
  if (cluster === undefined) return skip(`project ${projectId} is none of the configured clusters'`)
  const names = Object.keys(groups).filter((name) => Object.hasOwn(groups[name]!.projects, cluster))
  if (names.length === 0) return skip(`${cluster} is in no group`)
  const reason = `usage of ${cluster} may have changed`
  const hints = names.map((name) => ({ lane: `group:${name}`, reason, resources: [], wake: folding }))
  return skip(`${reason}: a look at ${names.join(', ')}`, { hints })
}

function decideGroup(name: string, answer: QuotaGroupAnswer, settings: QuotaSettings): Decision {
  const group = settings.groups[name]!
  const unknown = Object.keys(group.projects).filter((cluster) => answer.projects[cluster] === undefined)
  if (unknown.length > 0) return skip(`${unknown.join(', ')}: no such cluster is configured, so the group is not whole`)
  const seen = groupOf(settings, group, answer)
  const balanced = rebalance(seen.group)
  const findings = [
    ...balanced.changes.map(({ project, resource, why }) => `${project} ${resource}: ${why}`),
    ...balanced.findings,
    ...seen.findings,
    ...warnings(seen.group, answer, settings)
  ]
  const steps = stepsOf(balanced, { name, cloud: settings.cloud, group: seen.group, answer })
  const requesters = wantedBy(balanced.changes, answer)
  const more = { findings, requesters, ...again(seen.moments, seen.group.shared, answer) }
  if (steps.length === 0) {
    const why = balanced.findings.length === 0 ? '' : `: ${balanced.findings.join('; ')}`
    return skip(`${name}: nothing to move${why}`, more)
  }
  return planSteps(`${name}: ${balanced.changes.map(inShort).join(', ')}`, steps, more)
}

const inShort = ({ project, resource, from, to }: LimitChange): string => `${project} ${resource} ${from} → ${to}`

/** Whoever asked for what is moved. */
function wantedBy(changes: readonly LimitChange[], { requests }: QuotaGroupAnswer): readonly string[] {
  const wanted = new Set(changes.flatMap((change) => Object.keys(change.requests)))
  return [...new Set(requests.filter(({ id }) => wanted.has(String(id))).map(({ by }) => by))].sort()
}

/** When a request's time is over, or what is left alone may be moved again; and soon, where somebody still waits. */
function again(
  moments: readonly number[],
  shared: ReturnType<typeof groupOf>['group']['shared'],
  { now, requests }: QuotaGroupAnswer
): { againAt?: number } {
  const waits = shared.some(({ cells }) => cells.some(({ asked, owes }) => asked.length > 0 || owes.length > 0))
  const ends = requests.flatMap(({ until }) => (until !== null && until > now ? [until] : []))
  const next = [...moments, ...ends, ...(waits ? [now + patienceMs] : [])]
  return next.length === 0 ? {} : { againAt: Math.min(...next) }
}
