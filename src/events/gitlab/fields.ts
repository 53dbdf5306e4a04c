import { object } from '../openstack/fields.ts'
import { utc } from '../openstack/time.ts'

export { object }

const maxTitle = 200
const zeros = /^0+$/

/** What GitLab allows in a path of groups and a project; anything else is no path, and a mended one would be another's. */
export function projectPath(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 512 && /^[\w.-]+(\/[\w.-]+)+$/.test(value) ? value : null
}

/** Longer than what Git and GitLab take, in whatever script. */
const longestName = 2048
/** What a terminal could not show, or would show turned around. Joiners only tie the signs of a script or an emoji together. */
const unshowable = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/u

/**
 * A branch, tag, environment or user exactly as it is, spaces and all: a mended name would be another's. Null for what is no
 * text, or what nobody could read.
 */
export function exactly(value: unknown): string | null {
  if (typeof value !== 'string' || value.length === 0 || value.length > longestName || !value.isWellFormed())
    return null
  return unshowable.test(value) ? null : value
}

/** `refs/heads/x` → `x`; null where it is not under `prefix`. */
export function under(prefix: string, value: unknown): string | null {
  return typeof value === 'string' && value.startsWith(prefix) ? exactly(value.slice(prefix.length)) : null
}

/** A full commit id; null for the zeros that stand for none. */
export function sha(value: unknown): string | null {
  if (typeof value !== 'string' || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value)) return null
  return zeros.test(value) ? null : value
}

/** The commit of an address that GitLab gives in place of its id: SHA-1 or SHA-256, never a piece of one. */
export function shaIn(link: unknown): string | null {
  return typeof link === 'string' ? sha(/\/commit\/([0-9a-f]+)$/.exec(link)?.[1]) : null
}

/** A positive whole number, such as an id; null where it is none. */
export function positiveWhole(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null
}

/** One of GitLab's own words: an action, a state, a kind. */
export function word(value: unknown): string | null {
  return typeof value === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(value) ? value : null
}

/** Without what could hold a secret: user, password, query. */
export function link(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 2048 || !/^https?:\/\//.test(value)) return null
  const url = URL.parse(value)
  return url === null ? null : `${url.origin}${url.pathname}`
}

/** One line that people wrote: cut, well-formed, and without what turns a terminal's text around. */
export function title(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const cut = value.slice(0, maxTitle).toWellFormed()
  return cut.replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
}

/** GitLab's spellings, `2026-11-02 12:55:12 UTC`, `2026-11-02 13:55:12 +0100` and ISO 8601, in UTC. */
export function time(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 40
    ? utc(value.replace(/ UTC$/, 'Z').replace(/ ([+-])/, '$1'))
    : null
}
