import { readFileSync } from 'node:fs'
import type { RawNotification } from '../../src/events/openstack.ts'

/** One line of the recording: what a broker delivered. */
export interface Recorded {
  readonly exchange: string
  readonly routing_key: string
  readonly properties: { readonly headers?: Record<string, unknown> }
  readonly body: string
}

/** Every notification of a run of the lab: `NOTIFICATIONS` names another recording. */
export function recorded(): readonly Recorded[] {
  const file = process.env.NOTIFICATIONS ?? new URL('../fixtures/notifications.jsonl', import.meta.url)
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

export function raw({ exchange, routing_key, properties, body }: Recorded): RawNotification {
  return { exchange, routingKey: routing_key, body: Buffer.from(body), headers: properties.headers ?? {} }
}
