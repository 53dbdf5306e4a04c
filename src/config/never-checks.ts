import { isDeepStrictEqual } from 'node:util'
import type { Path } from './document.ts'
import type { WrittenConfig } from './schema.ts'
import { resolveSecret, type SecretSources } from './values.ts'

interface Check {
  readonly written: WrittenConfig
  readonly sources: SecretSources | null
  readonly valid: (path: Path) => boolean
  readonly wrong: (path: Path, value: unknown, message: string, allowed?: string | null) => void
}

/** What would start and harm: two clusters that are one project, two brokers that share one queue. */
export function neverChecks({ written, sources, valid, wrong }: Check): void {
  const entries = new Map<string, string>()
  for (const [name, one] of isMap(written.clusters) ? Object.entries(written.clusters) : []) {
    const at: Path = ['clusters', name, 'cloud']
    const cloud = (one as { cloud?: unknown } | null)?.cloud
    if (!valid(at) || typeof cloud !== 'string') continue
    const other = entries.get(cloud)
    if (other === undefined) entries.set(cloud, name)
    else
      wrong(
        at,
        cloud,
        `is the entry of cluster ${other} already: both would be one project, and nothing would keep them apart`,
        'an entry of its own in clouds.yaml for each cluster'
      )
  }

  const brokers = Array.isArray(written.notifications) ? written.notifications : []
  for (const [i, one] of brokers.entries()) {
    const at: Path = ['notifications', i, 'openstack']
    if (!isMap(one) || !valid(at) || !valid(['notifications', i, 'cloud'])) continue
    const allowed = 'a name of your own for this OpenStack: events of it are from /openstack/<openstack>/<region>/…'
    if (one.openstack === undefined && one.cloud === undefined) wrong(at, undefined, 'is missing', allowed)
    if (one.openstack !== undefined && one.cloud !== undefined)
      wrong(['notifications', i, 'cloud'], one.cloud, 'is the old word for openstack, which is there', 'one of both')
  }
  const address = (i: number): unknown => {
    const { url } = brokers[i]!
    const found = sources === null || url === undefined ? null : resolveSecret(url, sources)
    // Two users of one queue are two readers of it all the same.
    return found?.ok === true ? found.value.replaceAll(/[^/@,]*@/g, '') : url
  }
  for (const i of brokers.keys()) {
    if (!whole(i)) continue
    const first = [...brokers.keys()].find(
      (n) => n < i && whole(n) && brokers[n]!.queue === brokers[i]!.queue && isDeepStrictEqual(address(n), address(i))
    )
    if (first === undefined) continue
    wrong(
      ['notifications', i, 'queue'],
      brokers[i]!.queue,
      `is the queue of notifications[${first}] on the same broker: each would get half of the messages`,
      'a queue for each entry'
    )
  }
  function whole(i: number): boolean {
    return isMap(brokers[i]) && valid(['notifications', i, 'queue']) && valid(['notifications', i, 'url'])
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
