import { createHash } from 'node:crypto'

/** Fixed for ever: a change would make the product deaf to the echoes of what it has already sent. */
const NAMESPACE = Buffer.from('5e1f6e0b8c1d4f0a9b7e2d4c6a8f1033', 'hex')

/** Derives the `req-…` that an action sends along, and by which its echo on the bus is recognised (UUID version 5, RFC 4122). */
export function requestIdOf(actionId: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(actionId).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `req-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
