import type { Reply } from '../outbound/slack/blocks.ts'
import type { Said } from '../outbound/slack/said.ts'
import type { Answer } from '../people/answer.ts'
import { countOfOurs, renderNamed } from '../people/explain/named.ts'
import { renderExplanation } from '../people/explain/render.ts'
import type { Operations } from '../people/operations.ts'
import { table } from '../people/table.ts'
import { approvalHeadings, approvalRow, approvalsHint, noApproval } from '../people/texts/approvals.ts'
import { statusRows } from '../people/texts/status.ts'
import { resumedLines, stoppedLines } from '../people/texts/stops.ts'
import { undoneLines } from '../people/texts/undo.ts'
import { votedText } from '../people/texts/vote.ts'
import { replyFindings } from './findings.ts'
import { replyIsolation } from './isolation.ts'
import { replyQuota } from './quota.ts'
import { slackVoice } from './voice.ts'
import { helpText, type SlackCommand } from './words.ts'

/** Lines in Slack are narrow. */
const columns = 90
const mostRows = 30

/** What carrying out a wish from Slack works with. */
export interface CommandParts {
  /** For the actor that `slack.users` and `slack.userGroups` name; never one that the call itself does. */
  readonly operations: Operations
  /** Takes which decisions were told. */
  readonly said: Pick<Said, 'tell'>
  readonly now: () => number
}

/** Does what somebody said, and says what came of it. */
export async function carryOut(command: SlackCommand, parts: CommandParts): Promise<Reply> {
  const { operations, said } = parts
  switch (command.word) {
    case 'help':
      return { say: 'What there is:', lines: helpText() }
    case 'status':
      return replyTo(await operations.status(), (now) => ({
        say: now.stops.length === 0 ? 'Now' : 'Now: something is stopped',
        lines: table(statusRows(now, slackVoice))
      }))
    case 'approvals':
      return approvals(parts)
    case 'explain':
      return replyTo(await operations.explain(command.about), (explanation) => ({
        say: explanation.found ? `${command.about}: what happened and why` : unknown(command.about),
        lines: renderExplanation(explanation, columns)
      }))
    case 'dns':
      return dns(command.about, parts)
    case 'quota':
      return replyQuota(command.wish, operations, said)
    case 'isolation':
      return replyIsolation(command.about, operations)
    case 'findings':
      return replyFindings(command.about, operations)
    case 'restart':
      return { say: `${command.service}: asked; I'll tell you here what comes of it` }
    case 'approve':
    case 'reject':
      return voted(command, parts)
    case 'stop':
      return replyTo(await operations.stop(command.cluster, command.reason), (stopped) => ({
        say: stoppedLines(stopped, slackVoice).join('; ')
      }))
    case 'resume':
      return replyTo(await operations.resume(command.which, command.reason), (resumed) => ({
        say: resumedLines(resumed, slackVoice).join('; ')
      }))
    case 'undo':
      return replyTo(await operations.undo(command.action, command.reason), (undone) => {
        if (undone.decision !== null) said.tell(undone.decision.id)
        return { say: undoneLines(command.action, undone, slackVoice).join('; ') }
      })
  }
}

const unknown = (about: string): string => `the journal knows nothing about '${about}'`

/** Why something was not done, or what there is to say. */
const replyTo = <T>(answer: Answer<T>, say: (value: T) => Reply): Reply =>
  answer.ok ? say(answer) : { say: answer.reason }

async function approvals({ operations, now }: CommandParts): Promise<Reply> {
  return replyTo(await operations.approvals({ state: 'open', limit: mostRows }), ({ items }) => {
    const open = items.filter(({ expires }) => now() < Date.parse(expires))
    if (open.length === 0) return { say: noApproval }
    const narrow = (row: readonly string[]) => [0, 2, 3, 5].map((n) => row[n] ?? '')
    return {
      say: approvalsHint(slackVoice),
      lines: table([approvalHeadings, ...open.map(approvalRow)].map(narrow))
    }
  })
}

async function dns(name: string, { operations }: CommandParts): Promise<Reply> {
  return replyTo(await operations.dns(name), ({ explanation, records }) =>
    explanation.found
      ? { say: `${name}: ${countOfOurs(records ?? [])}`, lines: renderNamed(explanation, records ?? [], columns) }
      : { say: unknown(name), lines: renderExplanation(explanation) }
  )
}

async function voted(
  { word, id, reason }: Extract<SlackCommand, { word: 'approve' | 'reject' }>,
  { operations, said }: CommandParts
): Promise<Reply> {
  return replyTo(await operations.vote(id, word, reason), (done) => {
    if (done.decision !== null) said.tell(done.decision.id)
    const { say, differs, next } = votedText(word, done, slackVoice)
    return {
      say: next === null ? say : `${say}; ${next}`,
      ...(differs.length === 0 ? {} : { lines: differs.join('\n') })
    }
  })
}
