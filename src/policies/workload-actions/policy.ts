import { actorOfGitlab, callerOf } from '../../core/caller.ts'
import { namesRead } from '../../core/condition.ts'
import { durationMs } from '../../core/duration.ts'
import { skip } from '../../core/policy.ts'
import { definePolicy } from '../shared/define-policy.ts'
import { type EventAnswer, eventQuestion } from '../shared/event.ts'
import { annotate } from './actions/annotate.ts'
import { rolloutRestart } from './actions/rollout-restart.ts'
import { idleWorkloadSettings } from './idle.ts'
import { type Reaction, readReaction, wordRules, workloadLanesOf } from './lanes.ts'
import { type GitlabAnswer, gitlabQuestion } from './questions/gitlab.ts'
import { workloadQuery, workloadQuestion } from './questions/workload.ts'
import {
  canDo,
  checkWorkloadSettings,
  named,
  type WorkloadRule,
  type WorkloadSettings,
  workloadSettingsSchema,
  workloadSurroundings
} from './settings.ts'
import { planFor } from './steps.ts'

/**
 * Does something to a service on its cluster because something happened: a merge, a pipeline, words in Slack. Every
 * event is a lane of its own and decided once; the placement matrix says on which clusters a service may be touched.
 */
export const workloadActions = definePolicy({
  name: 'workload-actions',
  kind: 'reaction',
  settings: workloadSettingsSchema,
  complete: workloadSurroundings,
  questions: [eventQuestion, gitlabQuestion, workloadQuestion],
  actions: [rolloutRestart, annotate],
  check: checkWorkloadSettings,
  idle: idleWorkloadSettings,
  lanes: workloadLanesOf,

  needs(lane, settings) {
    const { service, cluster, time, id } = readReaction(lane.key)
    const known = named(settings.services, service)
    const event = { event: eventQuestion({ id, time }) }
    if (known === undefined || refusal(service, cluster, settings) !== null) return event
    const asked = isClaim(readReaction(lane.key), settings) && settings.gitlabUsers !== undefined
    return {
      ...event,
      ...(asked && { gitlab: gitlabQuestion({ id, time }) }),
      workload: workloadQuery({ cluster, ...known })
    }
  },

  decide(lane, answers, settings) {
    const reaction = readReaction(lane.key)
    const { service, cluster } = reaction
    const { event, workload, gitlab: said = null } = answers
    const known = named(settings.services, service)
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
    const strangers = strangersRefusal(event, reaction, { said, rule }, settings)
    if (strangers !== null) return skip(strangers)
    if (event.ageMs > durationMs(rule.maxAge)!)
      return skip(`too late: this was ${Math.round(event.ageMs / 60_000)} min ago, and maxAge is ${rule.maxAge}`)
    const why = `${event.type}${titleOf(event)}`
    const decision = planFor({ cluster, rule, service: known, event, why }, workload!)
    if (said === null) return decision
    return { ...decision, requesters: said.people.map((name) => actorOfGitlab(name, settings.gitlabUsers ?? {})) }
  }
})

/** Why the service is not touched on this cluster, by the placement matrix; null where it may be. */
function refusal(service: string, cluster: string, { placement, clusterNames = [] }: WorkloadSettings): string | null {
  const placed = named(placement, service) ?? []
  if (placed.includes(cluster)) return null
  if (placed.length === 0)
    return `placement.${service} is not configured: it is placed on no cluster, and touched on none`
  const unknown = clusterNames.includes(cluster) ? '' : `; clusters are: ${clusterNames.join(', ')}`
  return `refused: ${service} is not placed on ${cluster} (placement: ${placed.join(', ')})${unknown}`
}

/** Whether a lane is of a rule, which only webhooks meet, and of a cluster where nobody's word is enough. */
const isClaim = ({ rule, cluster }: Reaction, { changeControlled = [] }: WorkloadSettings): boolean =>
  !wordRules.includes(rule) && changeControlled.includes(cluster)

/**
 * What every developer may bring about is no reason to change a change-controlled cluster, whatever a rule forgot to ask:
 * a push where GitLab protects nothing, or what is no branch's or tag's own (a pipeline for a merge request, also of a fork; one
 * that is only opened). What nobody told is no yes either: a merge or a release does not say whether its branch or tag is
 * protected, so GitLab is asked, or the rule says that it takes them so.
 */
function strangersRefusal(
  { type, data }: EventAnswer,
  reaction: Reaction,
  { said, rule }: { readonly said: GitlabAnswer | null; readonly rule: AskedRule },
  settings: WorkloadSettings
): string | null {
  const { service, cluster } = reaction
  if (data.kind !== 'gitlab' || !isClaim(reaction, settings)) return null
  const controlled = `${cluster}, which is change-controlled`
  if (said !== null && said.against !== null)
    return `refused: GitLab says otherwise than its webhook: ${said.against}; nothing is done to ${service} on ${controlled}`
  if (said !== null && said.people.length === 0)
    return `refused: GitLab does not say who was behind this ${type}, so nobody knows who may approve it on ${controlled}`
  const asks = rule.when === undefined ? [] : namesRead(rule.when)
  const ref = data.branch ?? data.tag
  if (ref === null) {
    if (data.object !== 'deployment')
      return `refused: this ${type} is of no branch or tag of ${data.project} itself, and ${cluster} is change-controlled: docs/gitlab.md says whose branch an event is`
    if (asks.includes('environment')) return null
    return `refused: the rule does not say to which environment, and a developer can record a deployment to one that is not protected: event.environment == "production" says it for ${controlled}; protect it in GitLab`
  }
  const isProtected = said === null ? (data.protected ?? null) : said.protected
  if (isProtected === true || (isProtected === null && asks.includes('protected'))) return null
  if (isProtected === null)
    return `refused: a webhook of type ${type} does not say whether ${ref} of ${data.project} is protected, and ${cluster} is change-controlled: configure gitlab.api, so that GitLab is asked, or have the rule take it so, with event.protected == null`
  return `refused: ${ref} of ${data.project} is not protected in GitLab, so every developer of it could touch ${service} on ${controlled}: protect it there, under Settings, Repository`
}

type AskedRule = Pick<WorkloadRule, 'do' | 'maxAge' | 'deadline' | 'when'>

/** What people ask for in words is too old sooner than what a machine told. */
const askedFor: AskedRule = { do: 'restart', maxAge: '24h', deadline: '10m' }

const ruleOf = ({ rule }: Reaction, { rules }: WorkloadSettings): AskedRule | undefined =>
  wordRules.includes(rule) ? askedFor : rules.find((one) => one.name === rule)

function titleOf({ data, subject }: EventAnswer): string {
  if (data.kind === 'person') return ` by ${data.actor}${data.reason === null ? '' : ` (${data.reason})`}`
  if (data.kind === 'slack') return ` by ${callerOf(data)} ("${data.words}")`
  if (data.kind !== 'gitlab') return ''
  // Only a merge request is called by "!" and its number.
  const number = data.object === 'merge_request' && data.iid !== null ? `!${data.iid}` : ''
  return ` ${subject ?? `${data.project ?? ''}${number}`}${data.user === null ? '' : ` by ${data.user}`}`
}
