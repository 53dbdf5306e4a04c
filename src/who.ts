import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Token } from './config.ts'
import type { Actor } from './core/approval.ts'

/** The actor of a bearer token, or null. Every hash is compared, each in the same time, whichever of them matches. */
export function actorOf(presented: string, tokens: readonly Token[]): Actor | null {
  const digest = createHash('sha256').update(presented).digest()
  let actor: Actor | null = null
  for (const { actor: name, groups, sha256 } of tokens) {
    const known = Buffer.from(sha256, 'hex')
    // A hash that was not looked up is empty, and nobody's.
    if (known.length === digest.length && timingSafeEqual(known, digest)) actor = { name, groups, local: false }
  }
  return actor
}

/** The token of an `Authorization: Bearer …` header (RFC 6750); null where it has another form. */
export function bearerOf(header: string): string | null {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1] ?? null
}

/** Whether an address of a connection is this machine's own. */
export const isLocalAddress = (address: string | undefined): boolean =>
  address !== undefined && (address === '::1' || /^(::ffff:)?127\./.test(address))

/** A user of this machine, as the kernel knows who opened the connection; nobody vouches for more. */
export async function localActor(
  { port, peer }: { readonly port: number | undefined; readonly peer: number | undefined },
  read: (path: string) => Promise<string> = (path) => readFile(path, 'utf8')
): Promise<Actor> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => read(path).catch(() => '')))
  const uid = port === undefined || peer === undefined ? null : uidOf(tables.join('\n'), peer, port)
  return { name: `local:${uid ?? 'unknown'}`, groups: [], local: true }
}

/**
 * The uid of the socket with this local and remote port, from Linux's /proc/net/tcp: columns sl, local_address,
 * rem_address, st, queues, timer, retrnsmt, uid; addresses are hexadecimal `address:port`.
 */
export function uidOf(table: string, localPort: number, remotePort: number): number | null {
  for (const line of table.split('\n')) {
    const [, local = '', remote = '', , , , , uid = ''] = line.trim().split(/\s+/)
    const ports = [local, remote].map((one) => Number.parseInt(one.split(':')[1] ?? '', 16))
    if (ports[0] === localPort && ports[1] === remotePort && /^\d+$/.test(uid)) return Number(uid)
  }
  return null
}
