import { endpointUrl, offers, type ServiceType, undecidedRegion } from '../clients/openstack/catalogue.ts'
import { OpenStackError } from '../clients/openstack/openstack-error.ts'
import { authenticated } from './authenticated.ts'
import { type DoctorCheck, type DoctorFinding, failing, ok } from './finding.ts'
import type { CheckedEntry, CheckTarget } from './target.ts'

/** Services that an entry needs, with the cheapest question that shows that it answers us. */
const probes: Partial<Record<ServiceType, string>> = {
  compute: '/servers?limit=1',
  network: '/networks?limit=1',
  dns: '/zones?limit=1',
  'load-balancer': '/lbaas/loadbalancers?limit=1'
}

/** Is it clear which region is meant, is each service that we call in the catalogue for it, and does it answer? */
export const catalogue: DoctorCheck = {
  name: 'catalogue',
  examine: async (target) =>
    (await Promise.all((await authenticated(target)).map((entry) => examine(entry, target)))).flat()
}

async function examine(entry: CheckedEntry, { dns: instances }: CheckTarget): Promise<readonly DoctorFinding[]> {
  const dns = instances.filter(({ entries }) => entries.includes(entry)).map(({ settings }) => settings)
  const undecided = undecidedRegion(entry.cloud.entry, await entry.cloud.catalogue())
  if (undecided !== null)
    return [
      failing(
        `region of cloud entry ${entry.name}`,
        undecided,
        `the product refuses to start like this: it would read servers of one region with networks of another. For several regions make an entry of clouds.yaml for each`
      )
    ]
  const read: ServiceType[] = [
    'compute',
    'network',
    ...(dns.every(({ vip }) => vip === undefined) ? [] : (['load-balancer'] as const))
  ]
  const cluster: ServiceType[] = entry.clusters.length > 0 ? read : []
  // PTR records of floating IPs are written as the project that owns them.
  const writes = entry.writesDns || (dns.some(({ floating }) => floating?.ptr === true) && entry.clusters.length > 0)
  const needed: ServiceType[] = writes ? [...cluster, 'dns'] : cluster
  return Promise.all(needed.map((service) => probe(entry, service)))
}

async function probe({ name, cloud }: CheckedEntry, service: ServiceType): Promise<DoctorFinding> {
  const about = `${service} of cloud entry ${name}`
  const { entry } = cloud
  const url = endpointUrl(entry, await cloud.catalogue(), service, await cloud.projectId())
  if (url === null) {
    const region = entry.regionName === null ? '' : ` in region ${entry.regionName}`
    const without = service === 'load-balancer' ? ', or leave vip out of the settings of dns-records' : ''
    return failing(
      about,
      `the catalogue has no ${entry.interface} endpoint${region}; it offers ${offers(await cloud.catalogue(), service)}`,
      `correct region_name or interface of '${name}' in clouds.yaml, or have the endpoint made: openstack endpoint create${without}`
    )
  }
  try {
    await cloud.request(service, 'GET', probes[service] ?? '/')
    return ok(about, `answers at ${url}`)
  } catch (error) {
    const { message } = error as Error
    if (error instanceof OpenStackError && error.status === 403 && service === 'load-balancer')
      return failing(
        about,
        message,
        `give the user of '${name}' the role load-balancer_observer (reader, where Octavia goes by Keystone's roles) in its project`
      )
    if (error instanceof OpenStackError && error.status === 403)
      return failing(about, message, `give the user of '${name}' the role reader in its project`)
    return failing(
      about,
      message,
      `is the service up, and may this machine reach ${url}? Until then its calls are tried again and work waits`
    )
  }
}
