import type { Test } from 'tap'
import type { QuotaBench } from './quotas.ts'

/** Needs nobody else to make or delete volumes in dev meanwhile. */
export async function cinderQuotaContract(t: Test, bench: QuotaBench): Promise<void> {
  const { world, quotas, dev, admin, projectId, refusal, until, tag } = bench
  const path = `/os-quota-sets/${projectId}`
  const put = (quota_set: object) => admin.request('block-storage', 'PUT', path, { body: { quota_set } })

  const type = { name: tag, 'os-volume-type-access:is_public': false }
  const made = (await admin.request('block-storage', 'POST', '/types', { body: { volume_type: type } })).body as {
    volume_type: { id: string }
  }
  const typeId = made.volume_type.id
  t.teardown(() => admin.request('block-storage', 'DELETE', `/types/${typeId}`).catch(() => {}))
  const names = await quotas.volumeTypes()
  t.equal(names.get(typeId), tag, 'a private type is one as well')
  const open = (await dev.request('block-storage', 'GET', '/types')).body as { volume_types: { name: string }[] }
  t.notOk(
    open.volume_types.some(({ name }) => name === tag),
    'which a member does not see'
  )
  const everyday = open.volume_types.find(({ name }) => !name.startsWith('__'))?.name
  if (everyday === undefined) throw new Error('this cloud has no public volume type')
  const pages = { query: { is_public: 'None', limit: 1 } }
  const first = (await admin.request('block-storage', 'GET', '/types', pages)).body as Record<string, unknown[]>
  t.equal(first.volume_types?.length, 1)
  t.match(first.volume_type_links, [{ rel: 'next' }], 'a list has pages')

  const before = await quotas.read('cinder', projectId)
  for (const kind of ['volumes', 'gigabytes', 'snapshots'])
    t.match(before[`${kind}_${tag}`], { limit: -1, used: 0 }, `${kind} by the name of a type, without a limit`)
  t.notOk(Object.keys(before).some((name) => name.includes(typeId)))
  const answer = await admin.request('block-storage', 'GET', path, { query: { usage: 'True' } })
  const { id, ...resources } = (answer.body as { quota_set: Record<string, unknown> }).quota_set
  t.equal(id, projectId)
  t.match(Object.values(resources)[0], { limit: Number, in_use: Number, reserved: Number })
  const bad = await refusal(put({ gigabytes_nobody: 1 }))
  t.match(bad, { status: 400, code: 'badRequest' })
  const gigabytes = await quotas.capacity('gigabytes')
  t.ok(gigabytes === null || gigabytes > 0, `the pools tell ${gigabytes}`)
  t.equal(await quotas.capacity(`gigabytes_${tag}`), null, 'a type of no backend')
  t.equal(await quotas.capacity('volumes'), null)

  const ofType = `gigabytes_${everyday}`
  const keys = ['gigabytes', 'volumes', ofType]
  t.teardown(() => put(Object.fromEntries(keys.map((key) => [key, before[key]?.limit]))).catch(() => {}))
  const make = () =>
    dev.request('block-storage', 'POST', '/volumes', {
      body: { volume: { name: tag, size: 1, volume_type: everyday } }
    })
  const { volume } = (await make()).body as { volume: { id: string } }
  const remove = () => dev.request('block-storage', 'DELETE', `/volumes/${volume.id}`)
  t.teardown(() => remove().catch(() => {}))
  const used = await quotas.read('cinder', projectId)
  for (const key of keys) t.equal(used[key]?.used, (before[key]?.used ?? 0) + 1, `${key} at once, reserved or in use`)
  const total = used.gigabytes?.used ?? 0
  const status = async () =>
    ((await dev.request('block-storage', 'GET', `/volumes/${volume.id}`)).body as { volume: { status: string } }).volume
      .status
  await until('available', status, (now) => now === 'available')

  const set = await quotas.write('cinder', projectId, { gigabytes: total })
  t.match(set, { requestId: /^req-/, after: { gigabytes: { limit: total, used: total } } })
  t.match(quotas.capabilities().cinder, { kept: 'service', refusesBelowUsage: null })
  const over = await refusal(make())
  t.match(over, { status: 413, code: 'overLimit', retryable: false }, 'over quota')
  t.match(over.message, /exceeds allowed gigabytes quota/)
  await put({ gigabytes: before.gigabytes?.limit, [ofType]: used[ofType]?.used })
  const overType = await refusal(make())
  t.match(overType, { status: 413, code: 'overLimit' }, 'a volume counts for its type as well')
  t.match(overType.message, new RegExp(ofType))

  const below = { [ofType]: (used[ofType]?.used ?? 0) - 1 }
  if (world.belowUsage.cinder === 'refused') {
    for (const error of [await refusal(put(below)), await refusal(quotas.write('cinder', projectId, below))]) {
      t.match(error, { status: 400, code: 'badRequest', retryable: false })
      t.match(error.message, /limit must be equal or greater than existing resources/)
    }
    t.match(quotas.capabilities().cinder, { kept: 'service', refusesBelowUsage: true })
  }
  t.match((await quotas.write('cinder', projectId, { [ofType]: -1 })).after[ofType], { limit: -1 })
  await remove()
  const free = (key: string) => (before[key]?.used ?? 0) === 0
  await until(
    'free',
    () => quotas.read('cinder', projectId),
    (cells) => keys.every((key) => cells[key]?.used === before[key]?.used || (free(key) && cells[key]?.used === 0))
  )
}
