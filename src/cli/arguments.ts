import { parseArgs } from 'node:util'
import { nearest } from '../base/nearest.ts'

type Kinds = Readonly<Record<string, 'boolean' | 'string'>>
type Flags<K extends Kinds> = { -readonly [Name in keyof K]?: K[Name] extends 'string' ? string : boolean }

/** What a command line says, or what is wrong with it. */
export type ParsedArguments<K extends Kinds> =
  | { readonly ok: true; readonly flags: Flags<K>; readonly words: readonly string[] }
  | { readonly ok: false; readonly problem: string }

/** Parses options of these names, and words; a number with a minus is a word, and after `--` everything is. */
export function argumentsOf<const K extends Kinds>(args: readonly string[], kinds: K): ParsedArguments<K> {
  const no = (problem: string) => ({ ok: false, problem }) as const
  const options = Object.fromEntries(Object.entries(kinds).map(([name, type]) => [name, { type }]))
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  const flags: Record<string, string | boolean> = {}
  const words: string[] = []
  let number = -1
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const whole = args[token.index] ?? ''
    if (/^-\d+$/.test(whole)) {
      // Several digits are several tokens of one place.
      if (token.index !== number) words.push(whole)
      number = token.index
      continue
    }
    const { name, rawName, value } = token
    if (!Object.hasOwn(kinds, name) || !rawName.startsWith('--')) return no(noOption(rawName, Object.keys(kinds)))
    if (kinds[name] === 'boolean' && value !== undefined) return no(`${rawName} takes no value`)
    // An option behind it is no value: it was forgotten.
    const forgotten = value === undefined || value === '' || (!token.inlineValue && value.startsWith('-'))
    if (kinds[name] === 'string' && forgotten) return no(`${rawName} needs a value`)
    flags[name] = value ?? true
  }
  return { ok: true, flags: flags as Flags<K>, words }
}

function noOption(name: string, known: readonly string[]): string {
  const meant = nearest(name.replace(/^-+/, ''), known)
  return `there is no option ${name}${meant === null ? '' : `, did you mean --${meant}?`}`
}

/** Joins words after the first into the reason that somebody gives; null: none. */
export const reasonOf = (words: readonly string[]): string | null => words.slice(1).join(' ').trim() || null
