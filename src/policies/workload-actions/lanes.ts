import { condition } from '../../core/condition.ts'
import { splitWords } from '../../core/word.ts'
import type { Event, PersonData, SlackData } from '../../events/event.ts'
import { named, type WorkloadRule, type WorkloadSettings } from './settings.ts'
import { type RestartWish, restartWord } from './words.ts'

/** What a lane stands for: one event, one service, one cluster; so every event is decided once, by itself. */
export interface Reaction {
  /** The rule's name; `slack` or `person` where somebody asked for it in words, there or on the command line. */
  readonly rule: string
  readonly service: string
  readonly cluster: string
  readonly time: string
  readonly id: string
}

/** `<rule> <service>@<cluster> <time> <event id>`; names have no spaces. */
const laneKey = ({ rule, service, cluster, time, id }: Reaction): string =>
  `${rule} ${service}@${cluster} ${time} ${id}`

/** Parses the key of a lane into its reaction. */
export function readReaction(key: string): Reaction {
  const [rule = '', where = '', time = '', ...id] = key.split(' ')
  const [service = '', cluster = ''] = where.split('@')
  return { rule, service, cluster, time, id: id.join(' ') }
}

/** Rules that nobody configures: what people ask for in words. */
export const wordRules: readonly string[] = ['slack', 'person']

/** Parses `restart erpnext`, perhaps with `on prod` or just `prod`; null where the words ask for something else. */
export function askedInWords(words: string): RestartWish | null {
  const [word = '', ...rest] = splitWords(words)
  if (word.toLowerCase() !== restartWord.name) return null
  const wish = restartWord.parse(rest)
  return 'problem' in wish ? null : wish
}

/** The restart that somebody asks for; older journals have it only as words. */
function askedOf(data: SlackData | PersonData): RestartWish | null {
  const { wish } = data
  if (wish === undefined) return askedInWords(data.kind === 'slack' ? data.words : `${data.did} ${data.about}`)
  return wish.word === restartWord.name ? (wish as RestartWish) : null
}

/** Routes an event to the lanes that it wakes, or says why it wakes none. */
export function workloadLanesOf(
  event: Event,
  settings: WorkloadSettings
): readonly string[] | { readonly none: string } {
  const { id, time, data } = event
  if (data.kind === 'slack' || data.kind === 'person') {
    const asked = askedOf(data)
    if (asked === null) return { none: 'asks for nothing to be done to a workload' }
    const clusters = asked.cluster === null ? placedOn(asked.service, settings) : [asked.cluster]
    return clusters.map((cluster) => laneKey({ rule: data.kind, service: asked.service, cluster, time, id }))
  }
  const lanes: string[] = []
  const unmet: string[] = []
  for (const rule of settings.rules.filter((one) => isOn(one, event.type))) {
    const answer = rule.when === undefined ? { met: true } : condition(rule.when)(event)
    if ('failed' in answer) unmet.push(`rule ${rule.name}: its condition failed (${answer.failed})`)
    else if (!answer.met) unmet.push(`rule ${rule.name}: its condition is not met`)
    else {
      const clusters = rule.cluster === undefined ? placedOn(rule.service, settings) : [rule.cluster]
      const { name, service } = rule
      lanes.push(...clusters.map((cluster) => laneKey({ rule: name, service, cluster, time, id })))
    }
  }
  if (lanes.length > 0) return lanes
  return { none: unmet.join('; ') || 'no rule is on events of this type' }
}

/** `nowhere` where the matrix places it on no cluster: the lane's decision says so. */
const placedOn = (service: string, { placement }: WorkloadSettings): readonly string[] => {
  const clusters = named(placement, service) ?? []
  return clusters.length === 0 ? ['nowhere'] : clusters
}

const isOn = ({ on }: WorkloadRule, type: string): boolean =>
  on.endsWith('*') ? type.startsWith(on.slice(0, -1)) : on === type
