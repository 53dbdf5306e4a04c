import { readFileSync } from 'node:fs'
import type { Event, Ignored } from '../src/events/event.ts'
import { normaliseOpenstack } from '../src/events/openstack.ts'
import { dnsRecords } from '../src/policies/dns-records/policy.ts'

export const where = { openstack: 'bench', region: 'RegionOne' }
/** As in reflex.yaml of the benchmark. */
export const settings = {
  cloud: 'bench',
  fixed: { zone: 'cloud.example.', name: '{server}.{project}.{zone}', ptrNetworks: ['*'] },
  floating: { zone: 'public.example.', name: '{server}.{project}.{zone}', ptr: true },
  reserved: [],
  keepFree: 50,
  optOut: 'stackreflex'
}

/** A recorded notification, to be made again and again. */
export interface Recorded {
  readonly exchange: string
  readonly routingKey: string
  readonly body: string
  readonly events: readonly Event[]
  readonly ignored: readonly Ignored[]
  /** Whether dns-records wakes a lane for it. */
  readonly relevant: boolean
}

export function readRecorded(): readonly Recorded[] {
  const path = process.env.NOTIFICATIONS ?? new URL('../test/fixtures/notifications.jsonl', import.meta.url).pathname
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { exchange, routing_key: routingKey, body } = JSON.parse(line) as Record<string, string>
      const made = normaliseOpenstack({ exchange: exchange!, routingKey: routingKey!, body: Buffer.from(body!) }, where)
      if (!made.ok) throw new Error(`the recording holds something that is no notification: ${made.reason}`)
      const relevant = made.events.some((event) => Array.isArray(dnsRecords.lanes(event, settings as never)))
      return {
        exchange: exchange!,
        routingKey: routingKey!,
        body: body!,
        events: made.events,
        ignored: made.ignored,
        relevant
      }
    })
}

const uuids = /\b([0-9a-f]{8})(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b/g

/**
 * The text with other ids: each run through the recording is about other servers, ports and messages, and all of one
 * run still fit together.
 */
export function renewIds(text: string, run: number): string {
  const key = Math.imul(run + 1, 0x9e3779b1) >>> 0
  return text.replace(uuids, (_, head: string, tail: string) => {
    const renewed = (Number.parseInt(head, 16) ^ key) >>> 0
    return renewed.toString(16).padStart(8, '0') + tail
  })
}

/** `2026-11-23 13:01:57.535433`, as oslo.messaging writes the time of a message. */
export function osloTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1).replace('T', ' ')}000`
}

const timestamp = /(\\"timestamp\\": \\")20[^"\\]*(\\")/

export function freshBody(recorded: Recorded, run: number, ms: number): Buffer {
  return Buffer.from(renewIds(recorded.body, run).replace(timestamp, `$1${osloTime(ms)}$2`))
}
