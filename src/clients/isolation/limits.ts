import type { CallOptions, Cloud } from '../http.ts'
import { fields } from '../rim.ts'

/** The limits of a project in one service, by the service's own names; -1: none. What has the default of the service, as null, is left out. */
export type Limits = Readonly<Record<string, number>>

const paths = {
  compute: ['/os-quota-sets', 'quota_set'],
  'block-storage': ['/os-quota-sets', 'quota_set'],
  network: ['/quotas', 'quota'],
  'load-balancer': ['/lbaas/quotas', 'quota']
} as const

export type LimitedService = keyof typeof paths
export const limitedServices = Object.keys(paths) as readonly LimitedService[]

/** Reads them; with unified limits Nova tells Keystone's numbers here. */
export async function readLimits(
  cloud: Cloud,
  service: LimitedService,
  projectId: string,
  call?: CallOptions
): Promise<Limits> {
  const [path, key] = paths[service]
  const answer = await cloud.request(service, 'GET', `${path}/${encodeURIComponent(projectId)}`, { ...call })
  const limits = fields(answer, answer.body, 'the answer').object(key)
  return Object.fromEntries(Object.entries(limits).filter((one): one is [string, number] => typeof one[1] === 'number'))
}
