import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { parseTransportUrl } from '../core/transport-url.ts'

/** Selects what the consumers' threads are given; with other settings they are started anew. */
export const consumerSettings = ({ notifications, policies, clusters, placement }: Config) => [
  notifications,
  policies,
  clusters,
  placement
]

/** Reads a broker's certificates as they are now: a connection that stands was made with those before. */
export function pemOf({ notifications }: Config): string {
  const paths = notifications.flatMap(({ url, cacert, cert, key }) => {
    const transport = parseTransportUrl(url)
    const named = typeof transport === 'string' ? [] : [transport.cacert, transport.cert, transport.key]
    return [cacert, cert, key, ...named].filter((path) => path !== undefined)
  })
  return paths.map((path) => `${path} ${sha256Of(path)}`).join('\n')
}

function sha256Of(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch {
    return 'gone'
  }
}
