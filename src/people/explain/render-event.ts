import { plain } from '../../base/plain.ts'
import { callerOf } from '../../core/caller.ts'
import { eventDataOf } from '../../core/event-data.ts'
import type { PersonData, QuotaRequestData } from '../../events/event.ts'
import type { TimelineEntry } from './layout.ts'
import type { ExplainedDecision } from './parts.ts'
import { type EventView, iso } from './views.ts'

interface Shape {
  readonly kind?: string
  readonly name?: string | null
  readonly reason?: string
  readonly lane?: string
}

const dataOf = (event: EventView): Shape => (event.data ?? {}) as Shape

/** Says what a person did, as one says it: `anna said stop dev: too many deletes`. */
export function personLine({ actor, did, about, reason }: Omit<PersonData, 'kind'>): string {
  return `${actor} said ${did} ${about}${reason === null ? '' : `: ${reason}`}`
}

/** Says what a person wants of quotas, in the same way. */
export function quotaLine({ actor, cluster, resource, amount, until, ends, reason }: QuotaRequestData): string {
  const what = `${amount} ${resource} for ${cluster}`
  const end = until === null ? '' : ` until ${iso(until).slice(0, 19)}Z`
  const did = ends === null ? `asked for ${what}${end}` : `ended request ${ends} (${what})`
  return `${actor} ${did}${reason === null ? '' : `: ${reason}`}`
}

/** Tells whether an event is shown elsewhere already: a hint is, with the decision that gave it. */
export const isTold = (event: EventView, decisions: readonly ExplainedDecision[]): boolean =>
  dataOf(event).kind === 'hint' && decisions.some((one) => one.because !== null && one.events.includes(event.seq))

const place = (source: string): string => source.replace(/^\/openstack\//, '')

/** Builds one event, and what it led to. */
export function eventEntry(event: EventView, decisions: readonly ExplainedDecision[]): TimelineEntry {
  const data = dataOf(event)
  const told = eventDataOf(event.data)
  const { seq, receivedAt: at } = event
  const led = decisions.filter((one) => one.events.includes(seq)).map((one) => `decision ${one.id}`)
  const ledTo = led.length === 0 ? [] : [`led to ${led.join(', ')}`]
  if (told?.kind === 'person') {
    const lines = [personLine(told), ...ledTo]
    return { at, label: `person ${seq}`, lines }
  }
  if (told?.kind === 'quota-request') {
    const lines = [quotaLine(told), ...ledTo]
    return { at, label: `person ${seq}`, lines }
  }
  if (told?.kind === 'slack' && !event.ignored) {
    const lines = [`${callerOf(told)} said ${told.words} in Slack`, ...ledTo]
    if (event.reason !== null) lines.push(`woke nothing: ${event.reason}`)
    return { at, label: `person ${seq}`, lines }
  }
  const hint = data.kind === 'hint'
  const lines = [`${event.type}${aboutWhat(event, data)}`]
  if (hint) lines.push(data.reason ?? '')
  lines.push(`from ${place(event.source)}${event.requestId === null ? '' : `, asked for by ${event.requestId}`}`)
  const late = event.time === null ? 0 : Date.parse(at) - Date.parse(event.time)
  if (Math.abs(late) > 2000)
    lines.push(`sent at ${event.time}, ${(late / 1000).toFixed(1)} s before it was written here`)
  if (event.saidTime !== null) lines.push(saidLine(event.saidTime))
  lines.push(...ledTo)
  // Every policy that looked says why it was not interested, where none was.
  if (event.ignored) lines.push(`ignored: ${event.reason}`)
  else if (event.reason !== null) lines.push(`woke nothing: ${event.reason}`)
  else if (led.length === 0) lines.push('not decided yet, or its decision is no longer kept')
  return { at, label: `${hint ? 'hint' : 'event'} ${seq}`, lines }
}

const saidLine = (said: string): string =>
  `its sender dated it ${plain(said)}, over a year from when it came: the time of receipt counts instead`

function aboutWhat({ subject }: EventView, { kind, lane, name }: Shape): string {
  if (kind === 'hint') return ` to ${lane}`
  return subject === null ? '' : ` of ${[name, subject].filter(Boolean).join(' ')}`
}
