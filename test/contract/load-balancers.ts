import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { createNeutron } from '../../src/clients/neutron/neutron.ts'
import { createOctavia } from '../../src/clients/octavia/octavia.ts'
import type { CloudEntry } from '../../src/clients/openstack/cloud-entry.ts'
import { connectCloud } from '../../src/clients/openstack/http.ts'

/** What the names of load balancers rest on, for the real Octavia and the simulated one. Leaves nothing behind. */
export async function loadBalancerContract(
  t: Test,
  { dev: entry, patienceMs }: { readonly dev: CloudEntry; readonly patienceMs: number }
): Promise<void> {
  const dev = connectCloud(entry, { timeoutMs: 60_000 })
  t.teardown(() => dev.close())
  const [octavia, neutron] = [createOctavia(dev), createNeutron(dev)]
  const projectId = await dev.projectId()
  const name = `contract-${randomUUID().slice(0, 8)}`
  const subnets = (await dev.request('network', 'GET', '/subnets')).body as { subnets: { id: string; name: string }[] }
  const subnet = (wanted: string) => subnets.subnets.find((one) => one.name === wanted)!.id

  const until = async (id: string, good: (status: string) => boolean) => {
    for (const end = Date.now() + patienceMs; ; await delay(100)) {
      const one = await octavia.getLoadBalancer(id)
      if (good(one?.provisioningStatus ?? 'DELETED')) return one
      if (Date.now() > end) throw new Error(`load balancer ${id} is still ${one?.provisioningStatus}`)
    }
  }
  const active = async (id: string) => (await until(id, (status) => status === 'ACTIVE'))!
  const remove = (id: string) => dev.request('load-balancer', 'DELETE', `/lbaas/loadbalancers/${id}`)

  const tags = ['blue', 'stackreflex=off']
  const vips = { vip_subnet_id: subnet('dev-net-v4'), additional_vips: [{ subnet_id: subnet('dev-net-v6') }] }
  const body = { loadbalancer: { name, tags, ...vips } }
  const made = (await dev.request('load-balancer', 'POST', '/lbaas/loadbalancers', { body })).body
  const { id } = (made as { loadbalancer: { id: string } }).loadbalancer
  t.teardown(() => remove(id).catch(() => {}))
  const one = await active(id)
  t.match(one, { id, name, projectId, tags, provider: 'amphora', created: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/ })
  const port = await neutron.getPort(one.vipPortId!)
  t.same([...port!.addresses].sort(), [one.vipAddress!, ...one.moreAddresses].sort(), 'all are on the port of the VIP')
  t.equal(one.moreAddresses.length, 1)
  t.match(port, { deviceOwner: 'Octavia', deviceId: `lb-${id}`, networkId: one.vipNetworkId, projectId })

  const onPort = await octavia.listLoadBalancers({ projectId, vipPortId: one.vipPortId! })
  t.same(
    onPort.map((found) => found.id),
    [id],
    'found by its port'
  )
  t.same(await octavia.listLoadBalancers({ projectId, vipPortId: randomUUID() }), [], 'not by another')

  const renamed = { loadbalancer: { name: `${name}-2`, tags: [] } }
  await dev.request('load-balancer', 'PUT', `/lbaas/loadbalancers/${id}`, { body: renamed })
  t.match(await active(id), { name: `${name}-2`, tags: [], vipAddress: one.vipAddress })
  await remove(id)
  await until(id, (status) => status === 'DELETED')
  // The lab's network driver leaves it there.
  if ((await neutron.getPort(one.vipPortId!)) !== null)
    await dev.request('network', 'DELETE', `/ports/${one.vipPortId}`)
}
