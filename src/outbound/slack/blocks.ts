import { plain } from '../../base/plain.ts'
import type { Approval } from '../../core/approval.ts'
import { inShort } from '../../core/step-text.ts'
import { withoutEnd } from '../../core/without-end.ts'

/** What is to be said: a sentence, and perhaps text that keeps its lines. Plain text; it is escaped here and nowhere else. */
export interface Reply {
  readonly say: string
  readonly lines?: string
}

/** A message as Slack takes it; `text` is what a notification shows. */
export interface Message {
  readonly text: string
  readonly blocks: readonly Block[]
}

/** A block of Slack's Block Kit. */
export type Block = Readonly<Record<string, unknown>> & { readonly type: string }

/** Slack refuses a section with more than 3,000 characters. */
const longestSection = 2900
const mostSections = 4
const mostSteps = 12

/** Names and reasons are hostile: `<!channel>` in one must wake nobody, and a backtick must not end the code that it stands in. */
export const escaped = (text: string): string =>
  plain(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('`', 'ˋ')

/** Turns a reply to one person into a message. */
export function messageOf({ say, lines }: Reply): Message {
  const said = cut(escaped(asSlash(say)), longestSection)
  const code = lines === undefined ? [] : codeSections(lines)
  return { text: said, blocks: [section(said), ...code] }
}

/** Builds an approval as it stands; buttons only as long as they would count. */
export function approvalMessage(approval: Approval, nowMs: number): Message {
  const { id, summary, clusters, plan, requesters, policy, lane } = approval
  const state = stateNow(approval, nowMs)
  const where = clusters.length === 0 ? 'no configured cluster' : clusters.join(', ')
  const count = plan.length === 1 ? '1 step' : `${plan.length} steps`
  const text = cut(escaped(`Approval ${id} ${state}: ${count} on ${where}: ${summary}`), longestSection)
  const wanted = requesters.length === 0 ? '' : `; wanted by ${requesters.join(', ')}`
  const steps = plan.slice(0, mostSteps).map((step) => {
    const { type, target, cluster, input } = step
    return `${type} ${target} on ${cluster ?? '-'} ${inShort(step) ?? JSON.stringify(input)}`
  })
  if (plan.length > mostSteps) steps.push(`… and ${plan.length - mostSteps} more`)
  return {
    text,
    blocks: [
      section(`*${escaped(`Approval ${id}`)}* ${escaped(`${state}: ${count} on ${where}`)}\n${escaped(summary)}`),
      ...codeSections(steps.map((line) => cut(line, 240)).join('\n'), 1),
      context(`policy ${policy}, ${lane}${wanted}; /reflex explain approval:${id} tells all of it`),
      ...standing(approval, state),
      ...(state === 'open' ? [buttons(id)] : [])
    ]
  }
}

/** Returns the state of an approval by the clock: the journal records an expiry only when something is decided again. */
export const stateNow = ({ state, expires }: Pick<Approval, 'state' | 'expires'>, nowMs: number): Approval['state'] =>
  state === 'open' && nowMs >= expires ? 'expired' : state

function standing({ votes, reason, usedBy, expires }: Approval, state: Approval['state']): readonly Block[] {
  const said = votes.map(
    ({ actor, verdict, reason }) =>
      `${actor} ${verdict === 'approve' ? 'approved' : 'rejected'}${reason === null ? '' : `: ${reason}`}`
  )
  const [why = '', ...diff] = (reason ?? '').split('\n')
  const until = `${new Date(expires).toISOString().slice(0, 19)}Z`
  if (state === 'open') said.push(`waits until ${until}`)
  if (state === 'granted') said.push(`granted, holds until ${until}`)
  if (state === 'used') said.push(`used by decision ${usedBy}`)
  if (state === 'superseded') said.push(`superseded: ${why}`)
  if (state === 'expired') said.push('expired: nobody answered in time')
  const shown = context(said.join('. ') || state)
  return state === 'superseded' && diff.length > 0
    ? [shown, ...codeSections(diff.slice(0, mostSteps).join('\n'), 1)]
    : [shown]
}

/** The value is the number alone: everybody in the channel can read it, and press it again from an old message. */
function buttons(id: number): Block {
  const button = (verdict: 'approve' | 'reject', label: string, style: string, ask: string) => ({
    type: 'button',
    action_id: verdict,
    value: String(id),
    style,
    text: { type: 'plain_text', text: label },
    confirm: {
      title: { type: 'plain_text', text: `${label} ${id}?` },
      text: { type: 'plain_text', text: ask },
      confirm: { type: 'plain_text', text: label },
      deny: { type: 'plain_text', text: 'Not now' }
    }
  })
  return {
    type: 'actions',
    elements: [
      button(
        'approve',
        'Approve',
        'primary',
        'It is decided anew first; only the very plan shown here is carried out.'
      ),
      button('reject', 'Reject', 'danger', 'Nothing of this plan is carried out.')
    ]
  }
}

// `verbatim`: names that look like addresses or channels are not made into links.
const section = (text: string): Block => ({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } })

const context = (text: string): Block => ({
  type: 'context',
  elements: [{ type: 'mrkdwn', text: cut(escaped(text), 1900), verbatim: true }]
})

/** Text whose lines stay; what does not fit is said to be missing. */
function codeSections(text: string, most = mostSections): readonly Block[] {
  const parts: string[] = []
  let part = ''
  let left = 0
  for (const line of withoutEnd(text, '\n').split('\n').map(escaped)) {
    const fits = cut(line, longestSection)
    if (parts.length === most - 1 && part.length + fits.length + 60 > longestSection) left++
    else if (part.length + fits.length + 1 > longestSection) {
      parts.push(part)
      part = fits
    } else part = part === '' ? fits : `${part}\n${fits}`
  }
  if (left > 0) part += `\n… ${left} more lines: the command line has all of it`
  return [...parts, part].map((one) => section(`\`\`\`${one}\`\`\``))
}

/** Cuts escaped text, never within an entity. */
const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/&[a-z]*$/, '')}…`

/** Reasons name commands of the command line; here there is a slash before them. */
const asSlash = (text: string): string => text.replace(/`reflex ([^`]*)`/g, "'/reflex $1'")
