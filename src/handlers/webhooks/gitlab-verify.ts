import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { GitlabSecret } from '../../config/gitlab-secret.ts'
import { keyOf, problemOf } from '../../config/gitlab-secret.ts'
import type { Verified } from '../webhook-sender.ts'

const toleranceS = 300
/**
 * Verifies the headers of a delivery before its body is read, so that nobody's 25 MB are read for nothing. With a secret token that
 * is all there is to verify; a signature is over the body as well. GitLab sends `webhook-id` always, `webhook-signature` only where it
 * signs: the latter decides.
 */
export function verifyHeaders(
  headers: IncomingHttpHeaders,
  secrets: readonly GitlabSecret[],
  now: number
): Verified<readonly GitlabSecret[] | undefined> {
  if (!isSigned(secrets)) return verifyToken(headers['x-gitlab-token'], secrets)
  const reason = unsigned(headers, now)
  return reason === null ? { ok: true, known: undefined } : { ok: false, reason }
}

/** What is wrong with the headers of a signed delivery; null: nothing. */
function unsigned(headers: IncomingHttpHeaders, now: number): string | null {
  const { id, timestamp, signature } = signed(headers)
  if (signature === null)
    return 'it has no webhook-signature: set the signing token on the webhook (GitLab 19 or newer), or a secret token here'
  if (id === null || timestamp === null) return 'webhook-id or webhook-timestamp is missing, or is none'
  // What makes a delivery the same one must be under the signature too.
  if ((headers['idempotency-key'] ?? id) !== id) return 'Idempotency-Key is another than the signed webhook-id'
  const off = Math.round(now / 1000) - Number(timestamp)
  if (Math.abs(off) <= toleranceS) return null
  return `it was signed ${Math.abs(off)} s ${off > 0 ? 'ago' : 'ahead'}, allowed are ${toleranceS}: is a clock wrong?`
}

/**
 * Verifies the signature (Standard Webhooks) of a delivery: returns the signing tokens that it was signed with; none: it is not authentic.
 * The signature is over the body as it came, byte for byte: the library that Standard Webhooks offers decodes the body first, which makes
 * one text of different bytes, and copies it three times.
 */
export function signedWith(
  headers: IncomingHttpHeaders,
  body: Buffer,
  secrets: readonly GitlabSecret[]
): readonly GitlabSecret[] {
  const { id, timestamp, signature } = signed(headers)
  const presented = (signature ?? '').split(' ')
  return secrets.filter((secret) => {
    if (secret.kind !== 'signing' || problemOf(secret) !== null) return false
    const computed = `v1,${createHmac('sha256', keyOf(secret.value)).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
    let right = false
    for (const one of presented) right = same(one, computed) || right
    return right
  })
}

/** What to say to who signs with another token. */
export const wrongSignature = 'webhook-signature is not that of any signing token here: mistyped, or replaced?'

/** As soon as one signing token is known here, a secret token is not enough: it travels in clear. */
function isSigned(secrets: readonly GitlabSecret[]): boolean {
  return secrets.some(({ kind }) => kind === 'signing')
}

function verifyToken(presented: unknown, secrets: readonly GitlabSecret[]): Verified<readonly GitlabSecret[]> {
  if (typeof presented !== 'string')
    return { ok: false, reason: 'it has no X-Gitlab-Token: set the secret token on the webhook' }
  const known = secrets.filter((secret) => problemOf(secret) === null && same(presented, secret.value))
  return known.length > 0
    ? { ok: true, known }
    : { ok: false, reason: 'X-Gitlab-Token is none of the secret tokens here: mistyped, or replaced?' }
}

function signed(headers: IncomingHttpHeaders) {
  const text = (name: string, allowed: RegExp) => {
    const value = headers[name]
    return typeof value === 'string' && allowed.test(value) ? value : null
  }
  return {
    id: text('webhook-id', /^[!-~]{1,128}$/),
    timestamp: text('webhook-timestamp', /^[1-9]\d{0,11}$/),
    signature: text('webhook-signature', /./)
  }
}

/** In a time that says nothing of where they differ, nor how long the secret is. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
