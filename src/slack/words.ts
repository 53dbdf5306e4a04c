import { nearest } from '../config/nearest.ts'
import { typed } from '../events/slack.ts'

/** A word that people say, with what follows it. */
export interface Word {
  readonly name: string
  readonly usage: string
  readonly summary: string
}

/** Every word that may stand behind `/reflex`; all but `dns` and `restart` are words of the command line as well. */
export const words = [
  { name: 'status', usage: 'status', summary: 'what is stopped, held or parked, and what waits for people' },
  { name: 'explain', usage: 'explain <id | name | address>', summary: 'what happened and why' },
  { name: 'dns', usage: 'dns <name>', summary: 'the records of a name, then what happened to it' },
  { name: 'approvals', usage: 'approvals', summary: 'plans that wait for people' },
  { name: 'approve', usage: 'approve <approval> [reason…]', summary: 'lets a plan through; it is decided anew first' },
  { name: 'reject', usage: 'reject <approval> [reason…]', summary: 'turns a plan down' },
  { name: 'stop', usage: 'stop <cluster | all> [reason…]', summary: 'changes nothing any more; decisions go on' },
  { name: 'resume', usage: 'resume <cluster | all> [reason…]', summary: 'lifts a stop' },
  { name: 'undo', usage: 'undo <action id> [reason…]', summary: 'takes an action back, through the guard' },
  { name: 'restart', usage: 'restart <service> [cluster]', summary: 'asks for a restart; the policies decide' },
  { name: 'help', usage: 'help', summary: 'this list' }
] as const satisfies readonly Word[]

/** What somebody wants, understood. */
export type SlackCommand =
  | { readonly word: 'help' | 'status' | 'approvals' }
  | { readonly word: 'explain' | 'dns'; readonly about: string }
  | { readonly word: 'restart'; readonly service: string; readonly cluster: string | null }
  | { readonly word: 'approve' | 'reject'; readonly id: number; readonly reason: string | null }
  /** null: everything. */
  | { readonly word: 'stop' | 'resume'; readonly cluster: string | null; readonly reason: string | null }
  | { readonly word: 'undo'; readonly action: string; readonly reason: string | null }

export type Parsed =
  | { readonly ok: true; readonly command: SlackCommand }
  | { readonly ok: false; readonly say: string }

/** What was typed behind `/reflex`, as Slack sends it. */
export const parseWords = (text: string): Parsed => parseTyped(typed(text))

/** The same, of words that are journalled already. */
export function parseTyped(text: string): Parsed {
  const [first, ...rest] = split(text)
  if (first === undefined) return understood({ word: 'help' })
  const name = first.toLowerCase()
  const word = words.find((one) => one.name === name)
  if (word === undefined) return notUnderstood(unknownWord(name))
  const [about, ...more] = rest
  const reason = more.join(' ') || null
  const wrong = (problem: string) => notUnderstood(`${name}: ${problem}. Say: /reflex ${word.usage}`)
  switch (word.name) {
    case 'help':
      return understood({ word: 'help' })
    case 'status':
    case 'approvals':
      return about === undefined ? understood({ word: word.name }) : wrong('nothing follows it')
    case 'explain':
    case 'dns':
      if (about === undefined) return wrong('about what?')
      return more.length > 0 ? wrong('one thing at a time') : understood({ word: word.name, about })
    case 'restart': {
      if (about === undefined) return wrong('which service?')
      const [cluster = null, ...others] = more[0] === 'on' ? more.slice(1) : more
      return others.length > 0 || (more[0] === 'on' && cluster === null)
        ? wrong('one service at a time, on one cluster')
        : understood({ word: 'restart', service: about, cluster })
    }
    case 'approve':
    case 'reject': {
      const id = /^(?:approval:|#)?(\d{1,15})$/.exec(about ?? '')?.[1]
      if (about === undefined) return wrong('which approval? /reflex approvals lists them')
      return id === undefined
        ? wrong(`'${about}' is not the number of an approval`)
        : understood({ word: word.name, id: Number(id), reason })
    }
    case 'stop':
    case 'resume':
      if (about === undefined) return wrong('which cluster? (or all)')
      return understood({ word: word.name, cluster: about === 'all' ? null : about, reason })
    case 'undo':
      if (about === undefined) return wrong('which action? /reflex explain <name> shows their ids')
      return understood({ word: 'undo', action: about, reason })
  }
}

/** The list that `help` answers with. */
export function helpText(): string {
  const width = Math.max(...words.map(({ usage }) => usage.length))
  return words.map(({ usage, summary }) => `/reflex ${usage.padEnd(width)}  ${summary}`).join('\n')
}

const understood = (command: SlackCommand): Parsed => ({ ok: true, command })
const notUnderstood = (say: string): Parsed => ({ ok: false, say })

function unknownWord(name: string): string {
  const meant = nearest(
    name,
    words.map((one) => one.name)
  )
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name
  return `there is no '${shown}'${meant === null ? '' : `, did you mean ${meant}?`} /reflex help lists what there is`
}

/** Words, and what stands in quotes as one; a quote within a word, or one that is never closed, is an ordinary character. */
function split(text: string): readonly string[] {
  const found = text.matchAll(/(?<=^|\s)(?:"([^"]*)"|'([^']*)')(?=\s|$)|(\S+)/g)
  return [...found].map(([, double, single, bare]) => double ?? single ?? bare ?? '').filter((word) => word !== '')
}
