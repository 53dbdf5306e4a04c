import t from 'tap'
import { answer, failure, type Replies, strange } from '../strange-cloud.ts'

const aliases = (...list: string[]) => ({ extensions: list.map((alias) => ({ alias })) })

t.test('what the cloud can bear', async (t) => {
  const pool = (capabilities: object) => ({ capabilities })
  const types = {
    'GET /block-storage/types': {
      volume_types: [
        { id: 'a', name: 'fast', extra_specs: { volume_backend_name: 'ceph', pool_name: 'nvme' } },
        { id: 'b', name: 'any', extra_specs: {} },
        { id: 'c', name: 'plain' }
      ]
    }
  }
  const pools = (...list: object[]) => ({ ...types, 'GET /block-storage/scheduler-stats/get_pools': { pools: list } })
  const thick = pool({ total_capacity_gb: 101, reserved_percentage: 10 })
  const thin = { thin_provisioning_support: 'True', total_capacity_gb: '100.5', max_over_subscription_ratio: '20.0' }
  const named = (pool_name: string, total_capacity_gb: number) =>
    pool({ volume_backend_name: 'ceph', pool_name, total_capacity_gb })
  const inventory = (total: number, reserved: number, allocation_ratio: number) => ({
    total,
    reserved,
    allocation_ratio
  })
  const placement = (...inventories: object[]) =>
    Object.fromEntries([
      [
        'GET /placement/resource_providers',
        { resource_providers: inventories.map((_, index) => ({ uuid: `u${index}` })) }
      ],
      ...inventories.map((one, index) => [
        `GET /placement/resource_providers/u${index}/inventories`,
        { inventories: one }
      ])
    ])
  const subnet = (ip_version: number, total_ips: number, used_ips: number) => ({ ip_version, total_ips, used_ips })
  const external = {
    'GET /network/extensions': aliases('network-ip-availability'),
    'GET /network/networks?router:external=true&limit=1000': { networks: [{ id: 'ext' }] },
    'GET /network/floatingips': {
      floatingips: ['f', 'g'].map((id) => ({ id, floating_ip_address: 'x', project_id: 'p', status: 'DOWN' }))
    },
    'GET /network/network-ip-availabilities': {
      network_ip_availabilities: [
        { network_id: 'ext', subnet_ip_availability: [subnet(4, 253, 5), subnet(6, 2 ** 64, 1)] },
        { network_id: 'private', subnet_ip_availability: [subnet(4, 1000, 0)] }
      ]
    }
  }
  const table: [string, string, Replies, number | null][] = [
    ['gigabytes', 'thick: without what is reserved', pools(thick), 91],
    ['gigabytes', 'thin: times the ratio, in numbers or texts', pools(pool(thin)), 2010],
    ['gigabytes', 'all pools', pools(thick, pool(thin)), 2101],
    ['gigabytes', 'one is infinite', pools(thick, pool({ total_capacity_gb: 'infinite' })), null],
    ['gigabytes', 'one is unknown', pools(thick, pool({ total_capacity_gb: 'unknown' })), null],
    ['gigabytes', 'a ratio that is no number', pools(pool({ ...thin, max_over_subscription_ratio: 'auto' })), null],
    ['gigabytes', 'a scheduler that knows no pool yet', pools(), null],
    ['gigabytes_fast', 'the pools of a type', pools(named('nvme', 7), named('disk', 100), thick), 7],
    ['gigabytes_any', 'a type of any pool', pools(thick), null],
    ['gigabytes_plain', 'a type whose specs are not shown', pools(thick), null],
    ['gigabytes_gone', 'a type that is not there', pools(thick), null],
    ['cores', 'dedicated ones as well', placement({ VCPU: inventory(10, 1, 16), PCPU: inventory(4, 0, 1) }), 148],
    [
      'cores',
      'of all providers, each rounded down',
      placement({ VCPU: inventory(3, 0, 1.5) }, { VCPU: inventory(3, 0, 1.5) }, {}),
      8
    ],
    ['ram', 'no host', placement({ VCPU: inventory(1, 0, 1) }), null],
    ['floatingip', 'IPv4 of external networks, without the ports of routers', external, 250],
    ['floatingip', 'a Neutron that does not tell', { 'GET /network/extensions': aliases() }, null],
    ['instances', 'nobody counts them', {}, null],
    ['volumes', 'nor these', {}, null],
    ['loadbalancer', 'nor these', {}, null]
  ]
  for (const [resource, what, replies, wanted] of table) {
    const { quotas } = await strange(t, replies)
    t.equal(await quotas.capacity(resource), wanted, `${resource}: ${what}`)
  }
  const broken = await strange(t, {
    ...placement({}),
    'GET /placement/resource_providers/u0/inventories': answer(404)
  })
  t.equal(
    (await failure(broken.quotas.capacity('cores'))).status,
    404,
    'a host that cannot be read is an error, not nothing'
  )
})
