import { isUtf8 } from 'node:buffer'
import { doubledKey } from '../doubled-key.ts'
import type { JsonObject } from '../json-object.ts'
import { decompress } from './compression.ts'
import { eventType, object, visible } from './fields.ts'
import { parseJson } from './json.ts'
import { utc } from './time.ts'

/** A notification with its envelope off: what every one of them has. */
export interface Notification {
  readonly messageId: string
  readonly type: string
  readonly time: string
  /** Also holds the `_context_*` keys. */
  readonly body: JsonObject
}

/** The notification, or the reason why it is none. The reason repeats nothing of the message; there are few. */
export function parseEnvelope(body: Uint8Array, headers: JsonObject): Notification | string {
  const plain = decompress(body, headers.compression)
  if (typeof plain === 'string') return plain
  if (!isUtf8(plain)) return 'the body is not UTF-8'
  const text = plain.toString('utf8')
  const outer = parseJson(text)
  if (outer === undefined) return 'the body is not JSON'
  if (doubledKey(text, outer) !== null) return 'an object in it has a key twice'
  const inner = unwrap(object(outer))
  return typeof inner === 'string' ? inner : identify(inner)
}

/** Version 2 (driver `messagingv2`) wraps the notification as text; version 1 (`messaging`) is the bare notification. */
function unwrap(outer: JsonObject): JsonObject | string {
  const version = outer['oslo.version']
  const message = outer['oslo.message']
  if (version === undefined || message === undefined) return outer
  if (typeof version !== 'string' || !version.startsWith('2.')) return 'the envelope is of a version other than 2.x'
  if (typeof message !== 'string') return 'the envelope holds no text'
  const inner = parseJson(message)
  if (inner === undefined) return 'the message in the envelope is not JSON'
  return doubledKey(message, inner) === null ? object(inner) : 'an object in it has a key twice'
}

function identify(body: JsonObject): Notification | string {
  const { message_id: messageId } = body
  if (typeof messageId !== 'string' || messageId.length > 64 || !visible(messageId) || messageId.includes('/')) {
    return 'it has no usable message_id'
  }
  const type = eventType(body.event_type)
  if (type === null) return 'it has no usable event_type'
  const time = utc(body.timestamp)
  return time === null ? 'it has no usable timestamp' : { messageId, type, time, body }
}
