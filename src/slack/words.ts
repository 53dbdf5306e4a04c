import { splitWords } from '../core/word.ts'
import { parseWords, type Wish, wordOf, words } from '../people/words.ts'

/** What a slash command or a button asks for: a wish, as on the command line. */
export type SlackCommand = Wish

/** The result of parsing a slash command: the wish, or the sentence that says what is wrong with it. */
export type ParsedSlackWords =
  | { readonly ok: true; readonly command: SlackCommand }
  | { readonly ok: false; readonly say: string }

/** Parses the journalled words of a slash command into a wish; where they cannot be understood, `say` is the sentence to answer with. */
export function parseTyped(text: string): ParsedSlackWords {
  const parsed = parseWords(splitWords(text))
  if (parsed.ok) return parsed
  const { word, problem } = parsed
  // What is the command line's to say is said here behind a slash.
  const said = problem.replace(/`reflex ([^`]+)`/g, '/reflex $1')
  return { ok: false, say: word === null ? said : `${word}: ${said}. Say: /reflex ${wordOf(word).usage}` }
}

/** Lists every word with its usage and a summary, a line each: the answer to `/reflex help`. */
export function helpText(): string {
  const width = Math.max(...words.map(({ usage }) => usage.length))
  return words.map(({ usage, summary }) => `/reflex ${usage.padEnd(width)}  ${summary}`).join('\n')
}
