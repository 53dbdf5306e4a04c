import { readFileSync } from 'node:fs'

/** Where a kind of notification has values: on any of the recorded ones, and on each. */
export interface Shape {
  readonly any: ReadonlySet<string>
  readonly always: ReadonlySet<string>
}

/** One message as a consumer of the bus sees it. */
export interface Told {
  readonly exchange: string
  readonly routingKey: string
  readonly body: Buffer
}

/** The shapes of the lab's notifications, by exchange, routing key and event type. */
export function recordedShapes(): ReadonlyMap<string, Shape> {
  const known = new Map<string, Shape>()
  for (const name of ['notifications.jsonl', 'notifications-storage.jsonl']) {
    const file = new URL(`../fixtures/${name}`, import.meta.url)
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
      const { exchange, routing_key: routingKey, body } = JSON.parse(line)
      const { key, found } = shapeOf({ exchange, routingKey, body: Buffer.from(body) })
      const before = known.get(key)
      known.set(key, {
        any: new Set([...(before?.any ?? []), ...found]),
        always: before ? new Set([...before.always].filter((path) => found.has(path))) : found
      })
    }
  }
  return known
}

/** The shapes of these notifications; of each kind whatever any of them has. */
export function shapesOf(heard: readonly Told[]): ReadonlyMap<string, ReadonlySet<string>> {
  const mine = new Map<string, Set<string>>()
  for (const one of heard) {
    const { key, found } = shapeOf(one)
    mine.set(key, new Set([...(mine.get(key) ?? []), ...found]))
  }
  return mine
}

function shapeOf({ exchange, routingKey, body }: Told): { key: string; found: Set<string> } {
  const message = JSON.parse(JSON.parse(body.toString())['oslo.message'])
  return { key: `${exchange} ${routingKey} ${message.event_type}`, found: new Set(paths(message)) }
}

/** Every path to a value in a message: `.payload.port.fixed_ips[].ip_address`. */
function paths(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => paths(one, `${at}[]`))
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, one]) => [`${at}.${key}`, ...paths(one, `${at}.${key}`)])
}
