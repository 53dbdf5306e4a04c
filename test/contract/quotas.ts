import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { createQuotas, type Quotas } from '../../src/clients/cloud/quotas.ts'
import type { Cloud } from '../../src/clients/openstack/cloud.ts'
import type { CloudEntry } from '../../src/clients/openstack/cloud-entry.ts'
import { connectCloud } from '../../src/clients/openstack/http.ts'
import { OpenStackError } from '../../src/clients/openstack/openstack-error.ts'
import { type QuotaService, quotaResources, quotaServices } from '../../src/core/quota.ts'
import { cinderQuotaContract } from './quotas-cinder.ts'
import { keystoneLimitContract } from './quotas-keystone.ts'
import { neutronQuotaContract } from './quotas-neutron.ts'
import { novaQuotaContract } from './quotas-nova.ts'
import { octaviaQuotaContract } from './quotas-octavia.ts'

/** What the suite needs of a cloud: an entry of a member in the project `dev`, and of an administrator. */
export interface QuotaWorld {
  readonly dev: CloudEntry
  /** With a role on the system as well: Keystone shows the limits of other projects to nobody else. */
  readonly admin: CloudEntry
  /** Id of an image that dev may boot. */
  readonly imageRef: (dev: Cloud) => Promise<string>
  /** The services that this cloud has. */
  readonly services: readonly QuotaService[]
  /** What a plain PUT of a limit below usage comes to: without `force`, without `check_limit`. */
  readonly belowUsage: Readonly<Record<QuotaService, 'refused' | 'accepted'>>
  /** Whether Nova keeps its limits in Keystone. */
  readonly unifiedLimits: boolean
  /** Longest time for a server or load balancer to be built, in milliseconds. */
  readonly patienceMs: number
}

/** What the parts of the suite work with. */
export interface QuotaBench {
  readonly world: QuotaWorld
  readonly tag: string
  readonly dev: Cloud
  readonly admin: Cloud
  readonly quotas: Quotas
  /** Of `dev`. */
  readonly projectId: string
  /** The OpenStackError of a call that must fail; a call that succeeds fails the test. */
  readonly refusal: (call: Promise<unknown>) => Promise<OpenStackError>
  readonly until: <V>(what: string, ask: () => Promise<V>, good: (value: V) => boolean) => Promise<V>
}

/** What we rely on in the quotas of OpenStack, real and simulated. Leaves nothing behind, and every limit as it was. */
export async function quotasContract(t: Test, world: QuotaWorld): Promise<void> {
  const open = (entry: CloudEntry) => {
    const cloud = connectCloud(entry, { timeoutMs: 60_000 })
    t.teardown(() => cloud.close())
    return cloud
  }
  const dev = open(world.dev)
  const admin = open(world.admin)
  const bench: QuotaBench = {
    world,
    tag: `quota-${randomUUID().slice(0, 8)}`,
    dev,
    admin,
    quotas: createQuotas(admin),
    projectId: await dev.projectId(),
    refusal,
    until: async (what, ask, good) => {
      const end = Date.now() + world.patienceMs
      for (;;) {
        const value = await ask()
        if (good(value)) return value
        if (Date.now() > end) throw new Error(`still not ${what}: ${JSON.stringify(value)}`)
        await delay(100)
      }
    }
  }

  await t.test('every service tells all of its limits, and a member may not set them', async (t) => {
    for (const service of world.services) {
      const cells = await bench.quotas.read(service, bench.projectId)
      for (const resource of quotaResources[service]) {
        const cell = cells[resource]
        t.ok(cell && Number.isInteger(cell.limit) && cell.limit >= -1, `${service}: limit of ${resource}`)
        t.ok(cell && Number.isInteger(cell.used) && cell.used >= 0, `${service}: usage of ${resource}`)
      }
      const [resource] = quotaResources[service] as [string]
      const same = { [resource]: (cells[resource]?.limit ?? 0) + 1 }
      const error = await refusal(createQuotas(dev).write(service, bench.projectId, same))
      t.equal(error.status, 403, `${service}: a member may not: ${error.message}`)
      t.same(await bench.quotas.read(service, bench.projectId), cells, 'nothing was changed')
      t.match(await refusal(bench.quotas.write(service, bench.projectId, { nonsense: 1 })), { code: 'no_such_quota' })
      const unchanged = await bench.quotas.write(service, bench.projectId, { [resource]: cells[resource]?.limit ?? 0 })
      t.same(unchanged, { after: cells, requestId: null }, 'what is so already is not sent')
    }
    t.same(
      Object.values(bench.quotas.capabilities()),
      quotaServices.map(() => ({ kept: null, refusesBelowUsage: null })),
      'nothing is known before something was set'
    )
  })

  const parts = {
    nova: novaQuotaContract,
    neutron: neutronQuotaContract,
    cinder: cinderQuotaContract,
    octavia: octaviaQuotaContract
  }
  await t.test('limits in Keystone', (t) => keystoneLimitContract(t, bench))
  for (const service of world.services) await t.test(`quotas of ${service}`, (t) => parts[service](t, bench))
}

async function refusal(call: Promise<unknown>): Promise<OpenStackError> {
  let answer: unknown
  try {
    answer = await call
  } catch (error) {
    if (error instanceof OpenStackError) return error
    throw error
  }
  throw new Error(`expected a refusal, got ${JSON.stringify(answer)}`)
}
