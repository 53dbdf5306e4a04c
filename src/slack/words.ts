import { splitWords } from '../core/word.ts'
import { typed } from '../events/slack.ts'
import { parseWords, type Wish, wordOf, words } from '../people/words.ts'

export type SlackCommand = Wish

export type Parsed =
  | { readonly ok: true; readonly command: SlackCommand }
  | { readonly ok: false; readonly say: string }

/** What was typed behind `/reflex`, as Slack sends it. */
export const parseCall = (text: string): Parsed => parseTyped(typed(text))

/** The same, of words that are journalled already. */
export function parseTyped(text: string): Parsed {
  const parsed = parseWords(splitWords(text))
  if (parsed.ok) return parsed
  const { word, problem } = parsed
  // What is the command line's to say is said here behind a slash.
  const said = problem.replace(/`reflex ([^`]+)`/g, '/reflex $1')
  return { ok: false, say: word === null ? said : `${word}: ${said}. Say: /reflex ${wordOf(word).usage}` }
}

/** The list that `help` answers with. */
export function helpText(): string {
  const width = Math.max(...words.map(({ usage }) => usage.length))
  return words.map(({ usage, summary }) => `/reflex ${usage.padEnd(width)}  ${summary}`).join('\n')
}
