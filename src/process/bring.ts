import type { Metrics } from '../base/metrics.ts'
import type { BreakerState } from '../clients/http/breaker.ts'
import type { Role } from '../config/checks.ts'
import type { Cluster } from '../config/config.ts'
import type { Brings } from './current.ts'
import { know } from './known.ts'
import type { Fixed } from './live.ts'
import { works } from './start-roles.ts'

type Stays = Omit<Fixed, 'onBreaker'> & {
  readonly metrics: Metrics
  readonly clusters: () => readonly Cluster[]
}

/** Chooses how a configuration is taken up: with the clients of its clouds only where a role of this process needs them. */
export async function chooseBring(roles: readonly Role[], { metrics, clusters, ...stays }: Stays): Promise<Brings> {
  if (!works(roles)) return (config) => know(config, stays)
  const { log } = stays
  const onBreaker = ({ cloud, service, open, sentence }: BreakerState) => {
    // A cloud is an entry of clouds.yaml: a cluster's Kubernetes is counted under its cluster's.
    const entry = service === 'kubernetes' ? clusters().find(({ name }) => name === cloud)?.cloud : undefined
    const labels = { cloud: entry ?? cloud, service }
    metrics.set('breaker_open', labels, open ? 1 : 0)
    if (open) metrics.add('breaker_opened_total', labels)
    const who = service === 'kubernetes' ? `kubernetes of cluster ${cloud}` : `${service} of cloud entry '${cloud}'`
    if (open) log.warn({ cloud, service }, sentence)
    else log.info({ cloud, service }, `${who} answers again`)
  }
  const { bring } = await import('./live.ts')
  return (config, withoutLost) => bring(config, { ...stays, onBreaker }, withoutLost)
}
