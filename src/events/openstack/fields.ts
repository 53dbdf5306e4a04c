/**
 * The only ways by which a value of a notification gets out of it. Payloads hold live tokens (Nova's request specs), key
 * material and whatever a user typed, so each field is taken by name, checked and bounded; nothing is copied whole.
 */
import type { JsonObject } from '../json-object.ts'

const nothing: JsonObject = Object.freeze({})
const maxId = 128
const maxName = 255
const maxAddresses = 1024

/** The value as an object, or an empty one: reading on is always safe. */
export function object(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : nothing
}

/** For keys that come out of a message; keeps `__proto__` and `constructor` from meaning anything. */
export function own(value: JsonObject, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined
}

/** Visible ASCII only, and none too long: longer is no id, and a shortened one would be another's. */
export function id(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? String(value) : null
  return typeof value === 'string' && value.length <= maxId && visible(value) ? value : null
}

/** What an id looks like where we know nothing of the sender: a UUID, with or without dashes. */
export function uuid(value: unknown): string | null {
  if (typeof value !== 'string' || (value.length !== 32 && value.length !== 36)) return null
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i)
    const hex = (c >= 48 && c <= 57) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70)
    if (!hex && !(c === 45 && value.length === 36)) return null
  }
  return value
}

/** Who did it: Keystone's id of a user, a UUID or (of users of LDAP and the like) twice as long; never a name. */
export function userId(value: unknown): string | null {
  if (typeof value !== 'string') return null
  return value.length === 64 ? (/^[0-9a-f]{64}$/.test(value) ? value : null) : uuid(value)
}

/** People choose names: cut to Nova's and Neutron's own limit, and without what databases and terminals choke on. */
export function boundedName(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const text = value.length > maxName ? value.slice(0, maxName) : value
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 32 || c > 126) return clean(text)
  }
  return text
}

/** A short word of the sender's own vocabulary, in lower case. */
export function lowerWord(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 64 && visible(value) ? value.toLowerCase() : null
}

/** Lower case, with the trailing dot; null where it can be no name in the DNS (a cut one would be another name). */
export function dnsName(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > maxName || !visible(value)) return null
  const lower = value.toLowerCase()
  return lower.endsWith('.') ? lower : `${lower}.`
}

/** A text that has the characters of an IP address; null where it has others. */
export function address(value: unknown): string | null {
  if (typeof value !== 'string' || value.length < 2 || value.length > 45) return null
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i)
    const fits = (c >= 46 && c <= 58 && c !== 47) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70)
    if (!fits) return null
  }
  return value
}

const none: readonly string[] = Object.freeze([])

/** `list[].key`, where it is an address; with `unwrap` for lists whose members are wrapped, as Nova's are. */
export function addresses(
  list: unknown,
  key: string,
  unwrap: (value: unknown) => JsonObject = object
): readonly string[] {
  if (!Array.isArray(list) || list.length === 0) return none
  const found: string[] = []
  for (const entry of list) {
    const one = address(unwrap(entry)[key])
    if (one !== null && found.length < maxAddresses) found.push(one)
  }
  return found
}

/** `req-…` of oslo.middleware; anything else in its place (a proxy's, a token) is left out. */
export function requestId(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 64 && value.startsWith('req-') && visible(value) ? value : null
}

/** One word, but for Keystone, whose tags are of the type `identity.project tag.created`. */
export function eventType(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 255 && value.split(' ').every(visible) ? value : null
}

/** Whether a text is visible ASCII without spaces. */
export function visible(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 33 || c > 126) return false
  }
  return text.length > 0
}

/** NUL breaks PostgreSQL, lone surrogates break UTF-8, direction marks and escapes break what an operator reads. */
function clean(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
}
