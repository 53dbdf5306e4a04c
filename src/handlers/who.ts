import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { endianness } from 'node:os'
import type { Token } from '../config/config.ts'
import type { Actor } from '../core/approval.ts'

/** Who holds a token, and what it is good for by now. */
export interface Holder {
  readonly actor: Actor
  readonly readsOnly: boolean
  /** It was a token once, and is not any more. */
  readonly expired: boolean
}

/** Authenticates a bearer token; null: nobody has it. No timing side channel: every hash is compared, each in constant time, whichever matches. */
export function tokenHolder(presented: string, tokens: readonly Token[], now: number): Holder | null {
  const digest = createHash('sha256').update(presented).digest()
  let holder: Holder | null = null
  for (const { actor: name, groups, role, expiresAt = null, sha256 } of tokens) {
    const known = Buffer.from(sha256, 'hex')
    // A hash that was not looked up is empty, and nobody's.
    if (known.length === digest.length && timingSafeEqual(known, digest))
      holder = {
        actor: { name, groups, local: false },
        readsOnly: role === 'read',
        expired: expiresAt !== null && expiresAt <= now
      }
  }
  return holder
}

/** Returns the token of an `Authorization: Bearer …` header (RFC 6750); null where it has another form. */
export function bearerOf(header: string): string | null {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1] ?? null
}

/** Tells whether an address of a connection is this machine's own. */
export const isLocalAddress = (address: string | undefined): boolean =>
  address !== undefined && (address === '::1' || /^(::ffff:)?127\./.test(address))

/** Both ends of a connection to us, as Node tells them. */
export interface ConnectionEnds {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}

/** Authenticates a user of this machine by the uid that opened the connection; nobody vouches for more. */
export async function localActor(
  connection: ConnectionEnds,
  read: (path: string) => Promise<string> = (path) => readFile(path, 'utf8')
): Promise<Actor> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => read(path).catch(() => '')))
  return { name: `local:${uidOf(tables.join('\n'), connection) ?? 'unknown'}`, groups: [], local: true }
}

const established = '01'

/**
 * Returns the uid that owns the other end, from Linux's /proc/net/tcp and tcp6: columns sl, local_address, rem_address, st, queues,
 * timer, retrnsmt, uid, timeout, inode. Both addresses have to be right, and the connection open with somebody holding it: one that is
 * being closed is listed with uid 0 whoever opened it, and the same ports may be in use between other loopback addresses.
 */
export function uidOf(
  table: string,
  { remoteAddress, remotePort, localAddress, localPort }: ConnectionEnds,
  littleEndian = endianness() === 'LE'
): number | null {
  if (remoteAddress === undefined || remotePort === undefined) return null
  if (localAddress === undefined || localPort === undefined) return null
  const [theirs, ours] = [ends(remoteAddress, remotePort, littleEndian), ends(localAddress, localPort, littleEndian)]
  for (const line of table.split('\n')) {
    const [, local = '', remote = '', state, , , , uid = '', , inode = '0'] = line.trim().split(/\s+/)
    if (state !== established || inode === '0' || !/^\d+$/.test(uid)) continue
    if (theirs.includes(local.toUpperCase()) && ours.includes(remote.toUpperCase())) return Number(uid)
  }
  return null
}

/** One end as the kernel writes it: as IPv4, as IPv6, and as the former within the latter, where they are the same. */
function ends(address: string, port: number, littleEndian: boolean): readonly string[] {
  const at = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const word = (bytes: readonly number[]) =>
    (littleEndian ? bytes.toReversed() : bytes).map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('')
  const four = address.replace(/^::ffff:/i, '')
  if (isIPv4(four)) {
    const plain = word(four.split('.').map(Number))
    return [plain + at, `${'0'.repeat(16)}${word([0, 0, 0xff, 0xff])}${plain}${at}`]
  }
  // The only other address of this machine's own that there is.
  return address === '::1' ? [`${'0'.repeat(24)}${word([0, 0, 0, 1])}${at}`] : []
}
