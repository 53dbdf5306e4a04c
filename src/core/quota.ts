/** The services whose quotas are moved, as OpenStack's projects are called. */
export const quotaServices = ['nova', 'cinder', 'neutron', 'octavia'] as const
/** A service whose quotas are moved. */
export type QuotaService = (typeof quotaServices)[number]

/** A resource of one project. `limit` -1: none. `used` counts what is reserved as well. */
export interface QuotaCell {
  readonly limit: number
  readonly used: number
}

/**
 * The resources that are moved, by the upstream name of their quota key; no two services share one. Cinder has
 * `volumes_<type>`, `gigabytes_<type>` and `snapshots_<type>` beside them, by the name of the volume type.
 */
export const quotaResources: Readonly<Record<QuotaService, readonly string[]>> = {
  nova: ['cores', 'ram', 'instances', 'server_groups'],
  cinder: ['volumes', 'gigabytes', 'snapshots', 'backups', 'backup_gigabytes'],
  neutron: ['network', 'subnet', 'port', 'router', 'floatingip', 'security_group', 'security_group_rule'],
  octavia: ['loadbalancer', 'listener', 'pool', 'member', 'healthmonitor']
}

const ofType = /^(volumes|gigabytes|snapshots)_.+$/

/** Returns the service that has a resource; null where none does. */
export function quotaServiceOf(resource: string): QuotaService | null {
  return (
    quotaServices.find((service) => quotaResources[service].includes(resource)) ??
    (ofType.test(resource) ? 'cinder' : null)
  )
}

/** Returns the series in which the journal keeps `[limit, used]` of a resource. */
export const quotaSeries = (cloud: string, cluster: string, resource: string): string =>
  `quota/${cloud}/${cluster}/${resource}`
