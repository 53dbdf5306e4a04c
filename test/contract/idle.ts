import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { createCinder } from '../../src/clients/cinder/cinder.ts'
import { createNeutron } from '../../src/clients/neutron/neutron.ts'
import type { CloudEntry } from '../../src/clients/openstack/cloud-entry.ts'
import { connectCloud } from '../../src/clients/openstack/http.ts'
import { OpenStackError } from '../../src/clients/openstack/openstack-error.ts'
import { idleFloatingIp, idleVolume } from '../../src/policies/server-hygiene/subject.ts'

/** What `server-hygiene` rests on, for the real Neutron and Cinder and the simulated ones. Leaves nothing behind. */
export async function idleContract(
  t: Test,
  { dev: entry, patienceMs }: { readonly dev: CloudEntry; readonly patienceMs: number }
): Promise<void> {
  const dev = connectCloud(entry, { timeoutMs: 60_000 })
  t.teardown(() => dev.close())
  const [neutron, cinder] = [createNeutron(dev), createCinder(dev)]
  const place = { project: await dev.projectId(), cluster: 'dev' }
  const before = async () => 30_000
  const networks = await neutron.listNetworks()
  const external = networks.find(({ name }) => name === 'public')!.id

  await t.test('a floating IP: unused, changed, and given back at its revision only', async (t) => {
    const floatingip = { floating_network_id: external, description: 'contract' }
    const made = (await dev.request('network', 'POST', '/floatingips', { body: { floatingip } })).body
    const { id } = (made as { floatingip: { id: string } }).floatingip
    t.teardown(() => dev.request('network', 'DELETE', `/floatingips/${id}`).catch(() => {}))
    const first = (await neutron.getFloatingIpUse(id))!
    t.match(first, { id, projectId: place.project, portId: null, forwardings: 0, description: 'contract', tags: [] })
    t.match(first, { createdAt: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, updatedAt: /Z$/, revision: Number })
    t.match(idleFloatingIp(first, place, 'keep'), { state: 'unattached', doubt: null, keptBy: null })
    t.ok((await neutron.listFloatingIpUses(place.project)).some((one) => one.id === id))

    await dev.request('network', 'PUT', `/floatingips/${id}`, { body: { floatingip: { description: 'keep' } } })
    const now = (await neutron.getFloatingIpUse(id))!
    t.ok(now.revision! > first.revision!, 'each change raises the revision')
    t.equal(idleFloatingIp(now, place, 'keep').keptBy, 'its description')
    const refused = await neutron.releaseFloatingIp(id, first.revision!, { before }).catch((error: unknown) => error)
    t.ok(refused instanceof OpenStackError)
    t.match(refused, { status: 412, code: 'RevisionNumberConstraintFailed' }, 'at an older revision nothing is deleted')
    t.ok(await neutron.getFloatingIpUse(id))
    await neutron.releaseFloatingIp(id, now.revision!, { before })
    t.equal(await neutron.getFloatingIpUse(id), null)
  })

  await t.test('a volume that is attached to nothing', async (t) => {
    const body = { volume: { name: 'contract-idle', size: 1, description: 'please keep', metadata: { a: 'b' } } }
    const made = (await dev.request('block-storage', 'POST', '/volumes', { body })).body
    const { id } = (made as { volume: { id: string } }).volume
    const remove = () => dev.request('block-storage', 'DELETE', `/volumes/${id}`)
    t.teardown(() => remove().catch(() => {}))
    for (const end = Date.now() + patienceMs; (await cinder.getVolume(id))?.status !== 'available'; await delay(200))
      if (Date.now() > end) throw new Error(`volume ${id} is not available`)
    const volume = (await cinder.getVolume(id))!
    t.match(volume, { id, name: 'contract-idle', projectId: place.project, attachments: 0, metadata: { a: 'b' } })
    t.ok(Date.parse(volume.createdAt) <= Date.parse(volume.updatedAt!), 'times are UTC')
    t.match(idleVolume(volume, place, 'keep'), { state: 'unattached', keptBy: 'its description' })
    t.ok((await cinder.listVolumes()).some((one) => one.id === id))
    await remove()
    for (const end = Date.now() + patienceMs; (await cinder.getVolume(id)) !== null; await delay(200))
      if (Date.now() > end) throw new Error(`volume ${id} is not gone`)
  })
}
