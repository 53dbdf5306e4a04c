import { isUtf8 } from 'node:buffer'
import { gunzipSync, inflateSync } from 'node:zlib'
import type { Json } from './fields.ts'
import { object, visible } from './fields.ts'
import { utc } from './time.ts'

/** RabbitMQ 4 refuses larger messages by default, and the largest notification of a lab run is 9 kB. */
const maxBytes = 16 * 1024 * 1024

/** A notification with its envelope off: what every one of them has. */
export interface Notification {
  readonly messageId: string
  readonly type: string
  readonly time: string
  /** Also holds the `_context_*` keys. */
  readonly body: Json
}

/** The notification, or the reason why it is none. The reason repeats nothing of the message; there are few. */
export function open(body: Uint8Array, headers: Json): Notification | string {
  const plain = decompress(body, headers.compression)
  if (typeof plain === 'string') return plain
  if (!isUtf8(plain)) return 'the body is not UTF-8'
  const outer = parse(plain.toString('utf8'))
  if (outer === undefined) return 'the body is not JSON'
  const inner = unwrap(object(outer))
  return typeof inner === 'string' ? inner : identify(inner)
}

function decompress(body: Uint8Array, compression: unknown): Buffer | string {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (bytes.length > maxBytes) return 'the body is larger than 16 MiB'
  if (compression === undefined || compression === null) return bytes
  try {
    switch (compression) {
      case 'application/x-gzip':
      case 'gzip':
        return gunzipSync(bytes, { maxOutputLength: maxBytes })
      case 'application/x-zlib':
      case 'application/zlib':
      case 'zlib':
      case 'deflate':
        return inflateSync(bytes, { maxOutputLength: maxBytes })
      case 'application/x-bz2':
      case 'bzip2':
      case 'bz2':
        return 'the body is compressed with bz2, which is not supported: set kombu_compression = gzip or leave it out'
      default:
        return 'the body is compressed in a way that is not supported: set kombu_compression = gzip or leave it out'
    }
  } catch {
    return 'the body cannot be decompressed, or is too large when it is'
  }
}

/** Version 2 (driver `messagingv2`) wraps the notification as text; version 1 (`messaging`) is the bare notification. */
function unwrap(outer: Json): Json | string {
  const version = outer['oslo.version']
  const message = outer['oslo.message']
  if (version === undefined || message === undefined) return outer
  if (typeof version !== 'string' || !version.startsWith('2.')) return 'the envelope is of a version other than 2.x'
  if (typeof message !== 'string') return 'the envelope holds no text'
  const inner = parse(message)
  return inner === undefined ? 'the message in the envelope is not JSON' : object(inner)
}

function identify(body: Json): Notification | string {
  const { message_id: messageId, event_type: type } = body
  if (typeof messageId !== 'string' || messageId.length > 64 || !visible(messageId) || messageId.includes('/')) {
    return 'it has no usable message_id'
  }
  if (typeof type !== 'string' || type.length > 255 || !visible(type)) return 'it has no usable event_type'
  const time = utc(body.timestamp)
  return time === null ? 'it has no usable timestamp' : { messageId, type, time, body }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
