import { nearest } from '../../../base/nearest.ts'
import { durationMs } from '../../../core/duration.ts'
import type { Word } from '../../../core/word.ts'

/** What somebody wants of quotas, understood. */
export type QuotaWords =
  /** null: every group. */
  | { readonly what: 'show'; readonly about: string | null }
  | {
      readonly what: 'request'
      readonly cluster: string
      readonly resource: string
      readonly amount: number
      /** null: lasting. */
      readonly forMs: number | null
      readonly reason: string | null
      /** It may take much from others: `--yes`. */
      readonly confirmed?: true
    }
  | { readonly what: 'release'; readonly id: number; readonly reason: string | null }

/** What people ask of quotas in words: show, request or release. */
export interface QuotaWordWish {
  readonly word: 'quota'
  readonly wish: QuotaWords
}

/** The word `quota`: shows limits and usage, asks for more, and gives back. */
export const quotaWord: Word<'quota', QuotaWordWish> = {
  name: 'quota',
  usage: 'quota [cluster | request <cluster> <resource> +<n> [for <duration>] | release <request>] [reason…]',
  summary: 'usage and limits; asks for more, for a time or for good',
  parse(rest) {
    const wish = parseQuotaWords(rest)
    return 'problem' in wish ? wish : { word: 'quota', wish }
  }
}

/** What follows `quota`, beside a cluster. */
export const quotaVerbs = ['request', 'release'] as const

/** More of anything is a slip of the finger. */
export const mostAsked = 999_999_999

/** Parses the words behind `quota`, or says what is wrong with them. */
export function parseQuotaWords(words: readonly string[]): QuotaWords | { readonly problem: string } {
  const [first = '', ...rest] = words
  if (first === '') return { what: 'show', about: null }
  if (first === 'request') {
    const wish = parseRequest(rest.filter((word) => word !== yes))
    return 'problem' in wish || !rest.includes(yes) ? wish : { ...wish, confirmed: true }
  }
  if (first === 'release') {
    const [about = '', ...reason] = rest
    const id = /^#?(\d{1,15})$/.exec(about)?.[1]
    if (about === '') return { problem: 'which request? `reflex quota` lists them' }
    if (id === undefined) return { problem: `'${about}' is not the number of a request: \`reflex quota\` lists them` }
    return { what: 'release', id: Number(id), reason: textOf(reason) }
  }
  if (rest.length === 0) return { what: 'show', about: first }
  const meant = nearest(first, quotaVerbs)
  return { problem: meant === null ? 'one cluster at a time' : `there is no '${first}', did you mean ${meant}?` }
}

const yes = '--yes'

function parseRequest([cluster = '', resource = '', plus = '', ...more]: readonly string[]):
  | Extract<QuotaWords, { what: 'request' }>
  | { readonly problem: string } {
  if (cluster === '') return { problem: 'for which cluster?' }
  if (resource === '') return { problem: `what of, for ${cluster}? e.g. cores` }
  const digits = /^\+?(\d{1,20})$/.exec(plus)?.[1]
  const amount = Number(digits ?? 0)
  if (plus === '') return { problem: `how many ${resource}? e.g. +16` }
  if (digits === undefined || amount < 1 || amount > mostAsked)
    return {
      problem: `'${plus}' is no amount: a whole number from +1 to +${mostAsked}, in the units of the quota (ram: MiB, gigabytes: GiB)`
    }
  if (more[0] !== 'for') return { what: 'request', cluster, resource, amount, forMs: null, reason: textOf(more) }
  const [, time = '', ...reason] = more
  if (time === '') return { problem: 'for how long? e.g. 4h' }
  const forMs = durationMs(time)
  if (forMs === null) return { problem: `'${time}' is not a duration such as 30m, 4h or 2d` }
  return { what: 'request', cluster, resource, amount, forMs, reason: textOf(reason) }
}

const textOf = (words: readonly string[]): string | null => words.join(' ').trim() || null
