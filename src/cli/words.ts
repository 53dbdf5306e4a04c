import { plain } from '../base/plain.ts'
import { parseWords, type Wish, type WordName } from '../people/words.ts'
import { type Command, type Context, type ExitCode, misused } from './command.ts'

/** Parses the words behind a command's name into a wish; returns an exit code after saying what is wrong with them. */
export function wished<Name extends WordName>(
  word: Name,
  rest: readonly string[],
  command: Pick<Command, 'name' | 'usage'>,
  context: Context
): (Wish & { readonly word: Name }) | ExitCode {
  const parsed = parseWords([word, ...rest])
  if (!parsed.ok) return misused(command, plain(parsed.problem), context)
  return parsed.command as Wish & { readonly word: Name }
}
