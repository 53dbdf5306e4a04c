import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { neutronExtensions } from '../../src/clients/neutron/quotas.ts'
import type { QuotaBench } from './quotas.ts'

/** Needs nobody else to make or delete networks in dev meanwhile. */
export async function neutronQuotaContract(t: Test, bench: QuotaBench): Promise<void> {
  const { world, quotas, dev, admin, projectId, refusal, tag } = bench
  const path = `/quotas/${projectId}`
  const put = (quota: object) => admin.request('network', 'PUT', path, { body: { quota } })
  const details = await admin.request('network', 'GET', `${path}/details.json`)
  const { quota } = details.body as { quota: Record<string, unknown> }
  t.match(quota.network, { limit: Number, used: Number, reserved: Number })
  t.match(quota.floatingip, { limit: Number, used: Number, reserved: Number })
  const anybody = await quotas.read('neutron', randomUUID().replaceAll('-', ''))
  t.match(anybody.network, { used: 0 }, 'a project that does not exist has the defaults')
  t.match(await refusal(put({ nonsense: 1 })), { status: 400, code: 'HTTPBadRequest' })
  const extensions = await neutronExtensions(admin)
  t.ok(extensions.has('quota_details'))
  t.ok(((await quotas.capacity('floatingip')) ?? 0) > 0, 'external networks tell what there is')
  t.equal(await quotas.capacity('port'), null)

  const before = await quotas.read('neutron', projectId)
  t.teardown(() =>
    put({ network: before.network?.limit, ...(extensions.has('quota-check-limit-default') ? { force: true } : {}) })
  )
  const make = () => dev.request('network', 'POST', '/networks', { body: { network: { name: tag } } })
  const { network } = (await make()).body as { network: { id: string } }
  t.teardown(() => dev.request('network', 'DELETE', `/networks/${network.id}`).catch(() => {}))
  const used = (before.network?.used ?? 0) + 1
  t.equal((await quotas.read('neutron', projectId)).network?.used, used)

  const set = await quotas.write('neutron', projectId, { network: used })
  t.match(set, { requestId: /^req-/, after: { network: { limit: used, used } } })
  t.match(quotas.capabilities().neutron, { kept: 'service', refusesBelowUsage: null })
  const over = await refusal(make())
  t.match(over, { status: 409, code: 'OverQuota', retryable: false }, 'over quota')
  t.match(over.message, /network/)

  if (world.belowUsage.neutron === 'refused') {
    t.match(await refusal(put({ network: used - 1 })), { status: 400, code: 'HTTPBadRequest' })
  } else {
    const { quota: now } = (await put({ network: used - 1 })).body as { quota: Record<string, unknown> }
    t.equal(now.network, used - 1, 'accepted without a word')
    await put({ network: used })
  }
  if (world.belowUsage.neutron === 'refused' || extensions.has('quota-check-limit')) {
    const error = await refusal(quotas.write('neutron', projectId, { network: used - 1 }))
    t.match(error, { status: 400, code: 'HTTPBadRequest', retryable: false }, 'whoever asks for a look is refused')
    t.match(error.message, /network must be greater than or equal to already used/)
    t.equal(quotas.capabilities().neutron.refusesBelowUsage, true)
    t.equal((await quotas.read('neutron', projectId)).network?.limit, used)
  } else {
    const below = await quotas.write('neutron', projectId, { network: used - 1 })
    t.same(below.after.network, { limit: used - 1, used })
    t.equal(quotas.capabilities().neutron.refusesBelowUsage, false)
  }
  const none = await quotas.write('neutron', projectId, { network: -1 })
  t.same(none.after.network, { limit: -1, used }, '-1 is not below usage')
  await dev.request('network', 'DELETE', `/networks/${network.id}`)
  t.equal((await quotas.read('neutron', projectId)).network?.used, used - 1)
}
