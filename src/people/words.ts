import { nearest } from '../base/nearest.ts'
import type { WhichStop } from '../core/stop.ts'
import { parseQuotaWords, type QuotaWords, quotaUsage } from '../policies/quota-rebalance/view/words.ts'

/** A word that people say, with what follows it. */
interface Word {
  readonly name: string
  readonly usage: string
  readonly summary: string
}

/** Every word that people say to the product, on the command line and in Slack alike. */
export const words = [
  { name: 'status', usage: 'status', summary: 'what is stopped, held or parked, and what waits for people' },
  { name: 'explain', usage: 'explain <id | name | address>', summary: 'what happened and why' },
  { name: 'dns', usage: 'dns <name>', summary: 'the records of a name, then what happened to it' },
  { name: 'approvals', usage: 'approvals', summary: 'plans that wait for people' },
  { name: 'approve', usage: 'approve <approval> [reason…]', summary: 'lets a plan through; it is decided anew first' },
  { name: 'reject', usage: 'reject <approval> [reason…]', summary: 'turns a plan down; nothing of it is carried out' },
  { name: 'stop', usage: 'stop <cluster | all> [reason…]', summary: 'changes nothing any more; decisions go on' },
  {
    name: 'resume',
    usage: 'resume <cluster | all | stop:<n>> [reason…]',
    summary: 'lifts one stop; what it held is decided again'
  },
  { name: 'undo', usage: 'undo <action id> [reason…]', summary: 'takes an action back, through the guard' },
  { name: 'restart', usage: 'restart <service> [[on] <cluster>]', summary: 'asks for a restart; the policies decide' },
  { name: 'quota', usage: quotaUsage, summary: 'usage and limits; asks for more, for a time or for good' },
  {
    name: 'isolation',
    usage: 'isolation [cluster]',
    summary: 'what crosses from cluster to cluster, since when, by whom'
  },
  { name: 'findings', usage: 'findings [policy]', summary: 'what policies found and nobody has mended, since when' },
  { name: 'help', usage: 'help', summary: 'this list' }
] as const satisfies readonly Word[]

export type WordName = (typeof words)[number]['name']

/** What somebody wants, understood. */
export type Wish =
  | { readonly word: 'help' | 'status' | 'approvals' }
  | { readonly word: 'explain' | 'dns'; readonly about: string }
  /** null: every cluster. */
  | { readonly word: 'isolation'; readonly about: string | null }
  /** null: of every policy. */
  | { readonly word: 'findings'; readonly about: string | null }
  | { readonly word: 'quota'; readonly wish: QuotaWords }
  | { readonly word: 'restart'; readonly service: string; readonly cluster: string | null }
  | { readonly word: 'approve' | 'reject'; readonly id: number; readonly reason: string | null }
  /** null: everything. */
  | { readonly word: 'stop'; readonly cluster: string | null; readonly reason: string | null }
  /** One stop, by its cluster (null: everything) or its number. */
  | { readonly word: 'resume'; readonly which: WhichStop; readonly reason: string | null }
  | { readonly word: 'undo'; readonly action: string; readonly reason: string | null }

export type Parsed =
  | { readonly ok: true; readonly command: Wish }
  /** `word`: the one that was misused; null where there is none of that name. */
  | { readonly ok: false; readonly word: WordName | null; readonly problem: string }

/** The word of this name, as the list has it. */
export const wordOf = (name: WordName): Word => words.find((one) => one.name === name)!

/** A word and what follows it; other words are named as `reflex …` in a problem, in backticks. */
export function parseWords([first = 'help', ...rest]: readonly string[]): Parsed {
  const name = first.toLowerCase()
  const word = words.find((one) => one.name === name)?.name
  if (word === undefined) return { ok: false, word: null, problem: unknownWord(name) }
  const understood = (command: Wish): Parsed => ({ ok: true, command })
  const wrong = (problem: string): Parsed => ({ ok: false, word, problem })
  const kind = word === 'undo' ? 'action' : word === 'resume' ? 'stop' : 'approval'
  const [about = '', ...more] = together(kind, rest)
  const reason = more.join(' ').trim() || null
  switch (word) {
    case 'help':
      return understood({ word })
    case 'status':
    case 'approvals':
      return rest.length === 0 ? understood({ word }) : wrong('nothing follows it')
    case 'explain':
    case 'dns':
      if (about === '') return wrong('about what?')
      // As it is shown: `decision 58`, a lane with spaces in its name.
      return understood({ word, about: rest.join(' ').trim() })
    case 'quota': {
      const wish = parseQuotaWords(rest)
      return 'problem' in wish ? wrong(wish.problem) : understood({ word, wish })
    }
    case 'isolation':
      return rest.length > 1 ? wrong('one cluster at a time') : understood({ word, about: about || null })
    case 'findings':
      return rest.length > 1 ? wrong('one policy at a time') : understood({ word, about: about || null })
    case 'restart': {
      if (about === '') return wrong('which service?')
      const [cluster = null, ...others] = more[0] === 'on' ? more.slice(1) : more
      return others.length > 0 || cluster === '' || (more[0] === 'on' && cluster === null)
        ? wrong('one service at a time, on one cluster')
        : // Names of services have no capitals.
          understood({ word, service: about.toLowerCase(), cluster })
    }
    case 'approve':
    case 'reject': {
      if (about === '') return wrong('which approval? `reflex approvals` lists them')
      const id = /^(?:approval:|#)?(\d{1,15})$/.exec(about)?.[1]
      return id === undefined
        ? wrong(`'${about}' is not the number of an approval: \`reflex approvals\` lists them`)
        : understood({ word, id: Number(id), reason })
    }
    case 'stop':
      // It has to be said, so that a reason alone never stops more than was meant.
      if (about === '') return wrong('which cluster? (or all)')
      return understood({ word, cluster: about === 'all' ? null : about, reason })
    case 'resume': {
      if (about === '') return wrong('which cluster? (or all, or stop:<n>; `reflex status` lists the stops)')
      const id = /^(?:stop:|#)(\d{1,15})$/i.exec(about)?.[1]
      if (id !== undefined) return understood({ word, which: { stop: Number(id) }, reason })
      return understood({ word, which: { cluster: about === 'all' ? null : about }, reason })
    }
    case 'undo':
      if (about === '') return wrong('which action? `reflex explain <name>` shows their ids')
      return understood({ word, action: about.replace(/^action:/, ''), reason })
  }
}

/** What is shown in two words, `approval 7`, is one thing. */
function together(kind: string, words: readonly string[]): readonly string[] {
  const [first = '', second = '', ...more] = words
  const one = first.toLowerCase() === kind && /^[a-f]*\d[0-9a-f]*$/.test(second)
  return one ? [`${kind}:${second}`, ...more] : words
}

/** Words of a line, and what stands in quotes as one; a quote within a word, or one that is never closed, is an ordinary character. */
export function splitWords(line: string): readonly string[] {
  const found = line.matchAll(/(?<=^|\s)(?:"([^"]*)"|'([^']*)')(?=\s|$)|(\S+)/g)
  return [...found].map(([, double, single, bare]) => double ?? single ?? bare ?? '').filter((word) => word !== '')
}

function unknownWord(name: string): string {
  const meant = nearest(
    name,
    words.map((one) => one.name)
  )
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name
  return `there is no '${shown}'${meant === null ? '' : `, did you mean ${meant}?`} \`reflex help\` lists what there is`
}
