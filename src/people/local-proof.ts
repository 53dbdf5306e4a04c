import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

/** What only a user of this machine can have who may read the file: made anew at each start, beside the journal. */
export interface LocalKey {
  readonly path: string
  readonly key: string
}

const form = /^reflex-local-[A-Za-z0-9_-]{43}$/
/** So far apart a proof and its reading may be; both are of one machine. */
const toleranceMs = 60_000

/** Makes the key of a journal, for its owner's eyes alone. */
export function makeLocalKey(journalPath: string): LocalKey & { remove(): void } {
  const path = `${journalPath}.key`
  const key = `reflex-local-${randomBytes(32).toString('base64url')}`
  rmSync(path, { force: true })
  // Made, not overwritten: what another user put there would stay theirs.
  writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' })
  return { path, key, remove: () => rmSync(path, { force: true }) }
}

/**
 * Reads the key in a file that a server named, or null: only a file of our own that nobody else may read, and that holds nothing else.
 * The key itself is never sent, so that a program which merely says where the file is learns nothing.
 */
export function readLocalKey(path: string, uid = process.geteuid?.()): string | null {
  try {
    const found = lstatSync(path)
    if (!found.isFile() || found.size > 200 || (found.mode & 0o077) !== 0) return null
    if (uid !== undefined && uid !== 0 && found.uid !== uid) return null
    const key = readFileSync(path, 'utf8').trim()
    return form.test(key) ? key : null
  } catch {
    return null
  }
}

const macOf = (key: string, port: number, words: string): Buffer =>
  createHmac('sha256', key).update(`stackreflex local\n${port}\n${words}`).digest()

/** Makes the `Authorization` header of who knows the key, good for a minute and for the server on this port alone. */
export function localProof(key: string, port: number, now: number): string {
  const words = `${now}.${randomBytes(12).toString('base64url')}`
  return `Local ${words}.${macOf(key, port, words).toString('base64url')}`
}

/** Tells whether a header proves that its sender knows the key: `Local …` as above, or `Bearer` with the key itself, for curl. */
export function provesLocal(header: string, key: string, port: number | undefined, now: number): boolean {
  const bearer = /^Bearer (\S{1,200})$/i.exec(header)?.[1]
  if (bearer !== undefined) return same(Buffer.from(bearer), Buffer.from(key))
  const [, at, nonce, mac] = /^Local (\d{1,15})\.([\w-]{16})\.([\w-]{43})$/.exec(header) ?? []
  if (port === undefined || mac === undefined || Math.abs(now - Number(at)) > toleranceMs) return false
  return same(Buffer.from(mac, 'base64url'), macOf(key, port, `${at}.${nonce}`))
}

const same = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)
