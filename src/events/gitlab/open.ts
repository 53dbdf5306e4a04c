import { isUtf8 } from 'node:buffer'
import { doubledKey } from '../doubled-key.ts'
import { object } from './fields.ts'

/** Ruby writes no JSON that is nested deeper than 100. */
const maxDepth = 128

/** The body of a delivery as an object, or why it is none; the reason repeats nothing of it. */
export function parseWebhook(body: Buffer): Readonly<Record<string, unknown>> | string {
  if (body.length === 0) return 'the body is empty'
  if (!isUtf8(body)) return 'the body is not UTF-8'
  if (isDeeperThan(maxDepth, body)) return `the body is nested deeper than ${maxDepth} levels`
  let value: unknown
  try {
    const text = body.toString('utf8')
    value = JSON.parse(text)
    if (doubledKey(text, value) !== null) return 'an object in the body has a key twice'
  } catch {
    return 'the body is not JSON, or only the beginning of some'
  }
  return value === object(value) ? object(value) : 'the body is no JSON object'
}

/** Looked at before it is parsed: nothing that comes after can be made to recurse. */
function isDeeperThan(most: number, body: Buffer): boolean {
  let depth = 0
  let quoted = false
  for (let i = 0; i < body.length; i++) {
    const c = body[i]
    if (quoted) {
      if (c === 0x5c) i++
      else if (c === 0x22) quoted = false
    } else if (c === 0x22) quoted = true
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > most) return true
    } else if (c === 0x7d || c === 0x5d) depth--
  }
  return false
}
