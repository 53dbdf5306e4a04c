import { listVolumeTypes } from '../cinder/quotas.ts'
import { createNeutron } from '../neutron/neutron.ts'
import { neutronExtensions } from '../neutron/quotas.ts'
import { fields } from '../openstack/answer-fields.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { listAll } from '../openstack/pages.ts'

/** What the cloud can bear of a resource over all projects, rounded down; null: it has no such figure, or does not know it. */
export async function capacity(cloud: Cloud, resource: string, call?: CallOptions): Promise<number | null> {
  // PCPUs are cores as well, dedicated ones.
  if (resource === 'cores') return ofPlacement(cloud, ['VCPU', 'PCPU'], call)
  if (resource === 'ram') return ofPlacement(cloud, ['MEMORY_MB'], call)
  if (resource === 'gigabytes') return ofPools(cloud, {}, call)
  if (resource === 'floatingip') return floatingIps(cloud, call)
  const type = /^gigabytes_(.+)$/.exec(resource)?.[1]
  if (type === undefined) return null
  const named = (await listVolumeTypes(cloud, call)).find(({ name }) => name === type)?.pools ?? {}
  return Object.keys(named).length === 0 ? null : ofPools(cloud, named, call)
}

// With error codes.
const MICROVERSION = '1.23'

async function ofPlacement(cloud: Cloud, classes: readonly string[], call?: CallOptions): Promise<number | null> {
  const options = { ...call, microversion: MICROVERSION }
  const answer = await cloud.request('placement', 'GET', '/resource_providers', options)
  const providers = fields(answer, answer.body, 'the answer').list('resource_providers')
  const found = await Promise.all(
    providers.map(async (raw, index) => {
      const uuid = fields(answer, raw, `resource_providers[${index}]`).text('uuid')
      const one = await cloud.request('placement', 'GET', `/resource_providers/${uuid}/inventories`, options)
      const inventories = fields(one, one.body, 'the answer').object('inventories')
      return classes
        .filter((name) => Object.hasOwn(inventories, name))
        .map((name) => {
          const inventory = fields(one, inventories[name], `inventories.${name}`)
          return Math.floor(
            (inventory.number('total') - inventory.number('reserved')) * inventory.number('allocation_ratio')
          )
        })
    })
  )
  return sum(found.flat())
}

/** Of the pools with these names. */
async function ofPools(
  cloud: Cloud,
  named: Readonly<Record<string, string>>,
  call?: CallOptions
): Promise<number | null> {
  const options = { ...call, query: { detail: 'true' } }
  const answer = await cloud.request('block-storage', 'GET', '/scheduler-stats/get_pools', options)
  const pools = fields(answer, answer.body, 'the answer').list('pools')
  const sizes = pools.flatMap((raw, index) => {
    const pool = fields(answer, raw, `pools[${index}]`).object('capabilities')
    return Object.entries(named).every(([key, name]) => pool[key] === name) ? [sizeOf(pool)] : []
  })
  return sizes.includes(null) ? null : sum(sizes as number[])
}

/** As Cinder's scheduler reckons; null where the backend says `infinite` or `unknown`. Drivers mix numbers and texts. */
function sizeOf(pool: Readonly<Record<string, unknown>>): number | null {
  const total = figure(pool.total_capacity_gb)
  if (total === null) return null
  const usable = total - Math.floor((total * (figure(pool.reserved_percentage) ?? 0)) / 100)
  if (String(pool.thin_provisioning_support).toLowerCase() !== 'true') return Math.floor(usable)
  const ratio = figure(pool.max_over_subscription_ratio)
  return ratio === null ? null : Math.floor(usable * ratio)
}

function figure(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** IPv4 addresses of external networks, without those that routers and others have there. */
async function floatingIps(cloud: Cloud, call?: CallOptions): Promise<number | null> {
  if (!(await neutronExtensions(cloud, call)).has('network-ip-availability')) return null
  const [answer, external, floating] = await Promise.all([
    cloud.request('network', 'GET', '/network-ip-availabilities', { ...call }),
    listAll(
      cloud,
      {
        ...call,
        service: 'network',
        path: '/networks',
        key: 'networks',
        next: 'networks_links',
        query: { 'router:external': true }
      },
      (page, raw, where) => ({ id: fields(page, raw, where).text('id') })
    ),
    createNeutron(cloud).listFloatingIps(call)
  ])
  const ids = new Set(external.map(({ id }) => id))
  const free = fields(answer, answer.body, 'the answer')
    .list('network_ip_availabilities')
    .map((raw, index) => ({ raw, where: `network_ip_availabilities[${index}]` }))
    .filter(({ raw, where }) => ids.has(fields(answer, raw, where).text('network_id')))
    .flatMap(({ raw, where }) =>
      fields(answer, raw, where)
        .list('subnet_ip_availability')
        .map((subnet, index) => fields(answer, subnet, `${where}.subnet_ip_availability[${index}]`))
        .filter((subnet) => subnet.number('ip_version') === 4)
        .map((subnet) => subnet.number('total_ips') - subnet.number('used_ips'))
    )
  const left = sum(free)
  return left === null ? null : left + floating.length
}

/** Nothing to add up is no figure: a scheduler that just started knows no pool yet. */
function sum(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : numbers.reduce((total, one) => total + one, 0)
}
