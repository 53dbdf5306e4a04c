import { nearest } from '../base/nearest.ts'
import type { WhichStop } from '../core/stop.ts'
import type { Word } from '../core/word.ts'
import { policyWords } from '../policies/words.ts'

interface Alone<Name> {
  readonly word: Name
}
interface Vote<Name> {
  readonly word: Name
  readonly id: number
  readonly reason: string | null
}
type OwnWish =
  | Alone<'help'>
  | Alone<'status'>
  | Alone<'approvals'>
  | Vote<'approve'>
  | Vote<'reject'>
  | { readonly word: 'explain'; readonly about: string }
  /** null: everything. */
  | { readonly word: 'stop'; readonly cluster: string | null; readonly reason: string | null }
  /** One stop, by its cluster (null: everything) or its number. */
  | { readonly word: 'resume'; readonly which: WhichStop; readonly reason: string | null }
  | { readonly word: 'undo'; readonly action: string; readonly reason: string | null }

type OwnWord = { readonly [Name in OwnWish['word']]: Word<Name, Extract<OwnWish, { word: Name }>> }
type PolicyWish = Exclude<ReturnType<(typeof policyWords)[number]['parse']>, { readonly problem: string }>

/** What somebody wants, understood. */
export type Wish = OwnWish | PolicyWish
/** The name of a word that people say to the product. */
export type WordName = Wish['word']

/** The result of parsing words: the wish, or what is wrong with them. */
export type ParsedWish =
  | { readonly ok: true; readonly command: Wish }
  /** `word`: the one that was misused; null where there is none of that name. */
  | { readonly ok: false; readonly word: WordName | null; readonly problem: string }

const alone =
  <Name extends 'status' | 'approvals'>(word: Name) =>
  (rest: readonly string[]): Alone<Name> | { readonly problem: string } =>
    rest.length === 0 ? { word } : { problem: 'nothing follows it' }

const vote =
  <Name extends 'approve' | 'reject'>(word: Name) =>
  (rest: readonly string[]): Vote<Name> | { readonly problem: string } => {
    const { about, reason } = aboutAnd('approval', rest)
    if (about === '') return { problem: 'which approval? `reflex approvals` lists them' }
    const id = /^(?:approval:|#)?(\d{1,15})$/.exec(about)?.[1]
    return id === undefined
      ? { problem: `'${about}' is not the number of an approval: \`reflex approvals\` lists them` }
      : { word, id: Number(id), reason }
  }

const own: OwnWord = {
  status: {
    name: 'status',
    usage: 'status',
    summary: 'what is stopped, held or parked, and what waits for people',
    parse: alone('status')
  },
  explain: {
    name: 'explain',
    usage: 'explain <id | name | address>',
    summary: 'what happened and why',
    // As it is shown: `decision 58`, a lane with spaces in its name.
    parse: ([about = '', ...more]) =>
      about === '' ? { problem: 'about what?' } : { word: 'explain', about: [about, ...more].join(' ').trim() }
  },
  approvals: {
    name: 'approvals',
    usage: 'approvals',
    summary: 'plans that wait for people',
    parse: alone('approvals')
  },
  approve: {
    name: 'approve',
    usage: 'approve <approval> [reason…]',
    summary: 'lets a plan through; it is decided anew first',
    parse: vote('approve')
  },
  reject: {
    name: 'reject',
    usage: 'reject <approval> [reason…]',
    summary: 'turns a plan down; nothing of it is carried out',
    parse: vote('reject')
  },
  stop: {
    name: 'stop',
    usage: 'stop <cluster | all> [reason…]',
    summary: 'changes nothing any more; decisions go on',
    parse(rest) {
      const { about, reason } = aboutAnd('approval', rest)
      // It has to be said, so that a reason alone never stops more than was meant.
      if (about === '') return { problem: 'which cluster? (or all)' }
      return { word: 'stop', cluster: about === 'all' ? null : about, reason }
    }
  },
  resume: {
    name: 'resume',
    usage: 'resume <cluster | all | stop:<n>> [reason…]',
    summary: 'lifts one stop; what it held is decided again',
    parse(rest) {
      const { about, reason } = aboutAnd('stop', rest)
      if (about === '') return { problem: 'which cluster? (or all, or stop:<n>; `reflex status` lists the stops)' }
      const id = /^(?:stop:|#)(\d{1,15})$/i.exec(about)?.[1]
      if (id !== undefined) return { word: 'resume', which: { stop: Number(id) }, reason }
      return { word: 'resume', which: { cluster: about === 'all' ? null : about }, reason }
    }
  },
  undo: {
    name: 'undo',
    usage: 'undo <action id> [reason…]',
    summary: 'takes an action back, through the guard',
    parse(rest) {
      const { about, reason } = aboutAnd('action', rest)
      if (about === '') return { problem: 'which action? `reflex explain <name>` shows their ids' }
      return { word: 'undo', action: about.replace(/^action:/, ''), reason }
    }
  },
  help: { name: 'help', usage: 'help', summary: 'this list', parse: () => ({ word: 'help' }) }
}

const { help, ...others } = own

/** Every word that people say to the product, on the command line and in Slack alike. */
export const words: readonly Word<WordName, Wish>[] = [...Object.values(others), ...policyWords, help]

/** Returns the word of this name, as the list has it. */
export const wordOf = (name: WordName): Word<WordName, Wish> => words.find((one) => one.name === name)!

/** Parses a word and what follows it; other words are named as `reflex …` in a problem, in backticks. */
export function parseWords([first = 'help', ...rest]: readonly string[]): ParsedWish {
  const name = first.toLowerCase()
  const word = words.find((one) => one.name === name)
  if (word === undefined) return { ok: false, word: null, problem: unknownWord(name) }
  const wish = word.parse(rest)
  return 'problem' in wish ? { ok: false, word: word.name, problem: wish.problem } : { ok: true, command: wish }
}

/** What a word is about, and the reason that follows. */
function aboutAnd(kind: string, rest: readonly string[]): { readonly about: string; readonly reason: string | null } {
  const [about = '', ...more] = together(kind, rest)
  return { about, reason: more.join(' ').trim() || null }
}

/** What is shown in two words, `approval 7`, is one thing. */
function together(kind: string, words: readonly string[]): readonly string[] {
  const [first = '', second = '', ...more] = words
  const one = first.toLowerCase() === kind && /^[a-f]*\d[0-9a-f]*$/.test(second)
  return one ? [`${kind}:${second}`, ...more] : words
}

function unknownWord(name: string): string {
  const meant = nearest(
    name,
    words.map((one) => one.name)
  )
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name
  return `there is no '${shown}'${meant === null ? '' : `, did you mean ${meant}?`} \`reflex help\` lists what there is`
}
