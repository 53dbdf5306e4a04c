import t, { type Test } from 'tap'
import type { Cloud } from '../../src/clients/openstack/cloud.ts'
import { OpenStackError } from '../../src/clients/openstack/openstack-error.ts'
import { simCloud } from '../clients/sim-cloud.ts'

interface Message {
  readonly event_type: string
  readonly publisher_id: string
  readonly payload: Record<string, unknown>
  readonly _context_is_admin: boolean
  readonly _context_project_id: string
}

async function storage(t: Test) {
  const heard: { exchange: string; message: Message }[] = []
  const found = await simCloud(t, {
    onNotification: ({ exchange, body }) =>
      heard.push({ exchange, message: JSON.parse(JSON.parse(body.toString())['oslo.message']) })
  })
  const ask = async (cloud: Cloud, method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) =>
    (await cloud.request('block-storage', method, path, body ? { body } : {})).body
  const refusal = async (call: Promise<unknown>) => {
    try {
      await call
    } catch (error) {
      if (error instanceof OpenStackError) return [error.status, error.code, error.message]
      throw error
    }
    throw new Error('not refused')
  }
  const type = (name: string) => [...found.sim.state.volumeTypes.values()].find((one) => one.name === name)!
  return { ...found, heard, ask, refusal, type, dev: found.open('dev-user'), admin: found.open('admin') }
}

t.test('a volume from the request to its deletion', async (t) => {
  const { sim, heard, type } = await storage(t)
  const { id } = await sim.operator.createVolume({ name: 'data', size: 2 })
  await sim.operator.extendVolume(id, 5)
  await sim.operator.deleteVolume(id)
  t.same(
    heard.map(({ exchange, message }) => [exchange, message.event_type, message.publisher_id, message.payload.size]),
    [
      ['openstack', 'volume.create.start', 'volume.lab@disk#disk', 2],
      ['openstack', 'volume.create.end', 'volume.lab@disk#disk', 2],
      ['openstack', 'volume.resize.start', 'volume.lab@disk', 2],
      ['openstack', 'volume.resize.end', 'volume.lab@disk', 5],
      ['openstack', 'volume.delete.start', 'volume.lab@disk', 5],
      ['openstack', 'volume.delete.end', 'volume.lab@disk', 5]
    ]
  )
  t.ok(
    heard.every(({ message }) => message.payload.volume_type === type('standard').id),
    'the id of the type, not its name'
  )
  t.same(
    heard.map(({ message }) => [message.payload.status, message._context_is_admin]),
    [
      ...[
        ['creating', true],
        ['available', true],
        ['extending', false],
        ['available', false]
      ],
      ...[
        ['deleting', true],
        ['deleted', true]
      ]
    ]
  )
})

t.test('over quota is 413, for the total and for the type', async (t) => {
  const { sim, dev, ask } = await storage(t)
  const make = (size: number, type = 'standard') => ({ volume: { size, volume_type: type } })
  await sim.operator.setQuota('cinder', 'dev', {
    gigabytes: 10,
    gigabytes_encrypted: 3,
    volumes: 3,
    'volumes_dev-disk': 0
  })
  const { id } = await sim.operator.createVolume({ size: 4 })
  const path = `/volume/v3/${await dev.projectId()}`
  const token = [...sim.state.tokens.values()].find(({ user }) => user.name === 'dev-user')!.id
  const raw = (at: string, body: object) =>
    fetch(sim.url + path + at, { method: 'POST', headers: { 'x-auth-token': token }, body: JSON.stringify(body) })
  const cases: [string, object, string][] = [
    [
      '/volumes',
      make(7),
      'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 7G, quota is 10G and 4G has been consumed.'
    ],
    [
      '/volumes',
      make(4, 'encrypted'),
      'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes_encrypted quota. Requested 4G, quota is 3G and 0G has been consumed.'
    ],
    [
      '/volumes',
      make(1, 'dev-disk'),
      "VolumeLimitExceeded: Maximum number of volumes allowed (0) exceeded for quota 'volumes_dev-disk'."
    ],
    [
      '/volumes',
      make(2000),
      'VolumeSizeExceedsLimit: Requested volume size 2000G is larger than maximum allowed limit 1000G.'
    ],
    [
      `/volumes/${id}/action`,
      { 'os-extend': { new_size: 11 } },
      'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 7G, quota is 10G and 4G has been consumed.'
    ]
  ]
  for (const [at, body, message] of cases) {
    const answer = await raw(at, body)
    t.equal(answer.status, 413)
    t.equal(answer.headers.get('retry-after'), '0', 'come back at once, and be refused again')
    t.same(await answer.json(), { overLimit: { code: 413, message, retryAfter: '0' } })
  }
  await sim.operator.createSnapshot(id)
  const used = sim.operator.quota('cinder', 'dev')
  t.match(used, {
    gigabytes: { used: 8 },
    gigabytes_standard: { used: 8 },
    snapshots: { used: 1 },
    volumes: { used: 1 }
  })
  t.match(((await ask(dev, 'GET', '/volumes/detail')) as { volumes: object[] }).volumes, [
    { id, size: 4, volume_type: 'standard' }
  ])
})

t.test('a limit below usage is refused, whatever else is asked for; -1 is not', async (t) => {
  const { sim, dev, admin, ask, refusal } = await storage(t)
  await sim.operator.createVolume({ size: 4 })
  const path = `/os-quota-sets/${await dev.projectId()}`
  const put = (quota_set: object) => ask(admin, 'PUT', path, { quota_set })
  const message =
    'Quota gigabytes limit must be equal or greater than existing resources. Current usage is 4 and the requested limit is 3.'
  t.match(await refusal(put({ volumes: 5, gigabytes: 3 })), [400, 'badRequest', new RegExp(message)])
  t.equal(sim.operator.quota('cinder', 'dev').volumes?.limit, 100, 'all or nothing')
  t.match(await refusal(put({ volumes: 5, force: true })), [400, 'badRequest', /Bad key\(s\) in quota set: force/])
  t.match(await put({ gigabytes: -1 }), { quota_set: { gigabytes: -1 } })
  t.match(await refusal(ask(dev, 'PUT', path, { quota_set: { volumes: 1 } })), [403, 'forbidden', /quotas:update/])
  t.match(await ask(dev, 'GET', `${path}/defaults`), {
    quota_set: { volumes: 10, gigabytes: 1000, 'gigabytes_prod-disk': -1 }
  })
  const nobody = (await ask(admin, 'GET', '/os-quota-sets/nobody?usage=True')) as { quota_set: object }
  t.match(nobody.quota_set, { id: 'nobody', volumes: { limit: 10, in_use: 0, reserved: 0 } }, 'any id is a project')
})

t.test('private types are for those who were let in', async (t) => {
  const { sim, dev, admin, ask, refusal, type, heard } = await storage(t)
  const names = async (cloud: Cloud, path: string) =>
    ((await ask(cloud, 'GET', path)) as { volume_types: { name: string }[] }).volume_types
      .map(({ name }) => name)
      .sort()
  const open = ['__DEFAULT__', 'encrypted', 'standard']
  t.same(await names(dev, '/types'), [...open, 'dev-disk'].sort())
  t.same(await names(admin, '/types'), open)
  t.same(await names(admin, '/types?is_public=None'), [...open, 'dev-disk', 'infra-disk', 'prod-disk'].sort())
  const { id } = type('prod-disk')
  const wanted = { volume: { size: 1, volume_type: 'prod-disk' } }
  t.match(await refusal(ask(dev, 'POST', '/volumes', wanted)), [404, 'itemNotFound', /prod-disk could not be found/])
  const project = await dev.projectId()
  const let_in = { addProjectAccess: { project } }
  t.match(await refusal(ask(dev, 'POST', `/types/${id}/action`, let_in)), [403])
  await ask(admin, 'POST', `/types/${id}/action`, let_in)
  t.match(await refusal(ask(admin, 'POST', `/types/${id}/action`, let_in)), [409, 'conflictingRequest'])
  const told = heard.at(-1)?.message
  t.match(told, { event_type: 'volume_type_project.access.add', payload: { volume_type_id: id, project_id: project } })
  const access = (await ask(admin, 'GET', `/types/${id}/os-volume-type-access`)) as { volume_type_access: object[] }
  t.equal(access.volume_type_access.length, 2)
  t.match(
    await refusal(ask(dev, 'POST', '/volumes', wanted)),
    [413, 'overLimit', /gigabytes_prod-disk/],
    'but has no room there'
  )
  await sim.operator.setQuota('cinder', 'dev', { 'gigabytes_prod-disk': 1 })
  await ask(dev, 'POST', '/volumes', wanted)
  await ask(admin, 'POST', `/types/${id}/action`, { removeProjectAccess: { project } })
  t.match(await refusal(ask(dev, 'POST', '/volumes', wanted)), [404])
})

t.test('a transfer takes a volume and its share of the quota to another project', async (t) => {
  const { sim, dev, open, ask, refusal, heard } = await storage(t)
  const prod = open('prod-user')
  const { id } = await sim.operator.createVolume({ name: 'data', size: 3 })
  const { transfer } = (await ask(dev, 'POST', '/os-volume-transfer', {
    transfer: { volume_id: id, name: 'gift' }
  })) as {
    transfer: { id: string; auth_key: string }
  }
  t.equal(sim.state.volumes.get(id)?.status, 'awaiting-transfer')
  const accept = (auth_key: string) =>
    ask(prod, 'POST', `/os-volume-transfer/${transfer.id}/accept`, { accept: { auth_key } })
  t.match(await refusal(accept('guessed')), [400, 'badRequest', /invalid auth key/])
  await sim.operator.setQuota('cinder', 'prod', { gigabytes: 2 })
  t.match(await refusal(accept(transfer.auth_key)), [413, 'overLimit'])
  await sim.operator.setQuota('cinder', 'prod', { gigabytes: 3 })
  await accept(transfer.auth_key)
  t.match(
    [sim.operator.quota('cinder', 'dev').gigabytes, sim.operator.quota('cinder', 'prod').gigabytes],
    [{ used: 0 }, { used: 3 }]
  )
  const [start, end] = heard.slice(-2).map(({ message }) => message)
  t.match(start, {
    event_type: 'volume.transfer.accept.start',
    payload: { tenant_id: await dev.projectId(), status: 'awaiting-transfer' }
  })
  t.match(end, {
    event_type: 'volume.transfer.accept.end',
    payload: { tenant_id: await prod.projectId(), status: 'available' }
  })
})

t.test('lists have pages, and a foreign project in the path is no request at all', async (t) => {
  const { sim, dev, admin, ask } = await storage(t)
  const made = await Promise.all([1, 2, 3].map((size) => sim.operator.createVolume({ size })))
  await sim.operator.createVolume({ project: 'prod' })
  const seen: string[] = []
  for (let next: string | null = '/volumes/detail?limit=2'; next !== null; ) {
    const page = (await ask(dev, 'GET', next)) as { volumes: { id: string }[]; volumes_links?: { href: string }[] }
    seen.push(...page.volumes.map(({ id }) => id))
    const href = page.volumes_links?.[0]?.href
    next = href === undefined ? null : `/volumes/detail${new URL(href).search}`
  }
  t.same(seen.sort(), made.map(({ id }) => id).sort())
  const all = (await ask(admin, 'GET', '/volumes/detail?all_tenants=1')) as { volumes: object[] }
  t.equal(all.volumes.length, 4)
  t.equal(((await ask(admin, 'GET', '/volumes/detail')) as { volumes: object[] }).volumes.length, 0)
  const token = [...sim.state.tokens.values()].find(({ user }) => user.name === 'admin')!.id
  const answer = await fetch(`${sim.url}/volume/v3/${await dev.projectId()}/volumes`, {
    headers: { 'x-auth-token': token }
  })
  t.same([answer.status, await answer.json()], [400, { badRequest: { code: 400, message: 'Malformed request url' } }])
})

t.test('what is told of volume types, and that one can be made public', async (t) => {
  const { dev, admin, ask, refusal, type, heard } = await storage(t)
  const told = () => heard.at(-1)!.message
  const { volume_type: made } = (await ask(admin, 'POST', '/types', { volume_type: { name: 'gold' } })) as {
    volume_type: { id: string }
  }
  t.match(told(), { event_type: 'volume_type.create', publisher_id: 'volumeType.lab' })
  t.match(told().payload, { volume_types: { id: made.id, name: 'gold', is_public: true } })
  const { id } = type('prod-disk')
  const wanted = { volume_type: { is_public: true } }
  t.match(await refusal(ask(admin, 'GET', '/types/none')), [404])
  await ask(admin, 'PUT', `/types/${id}`, wanted)
  t.match(told(), { event_type: 'volume_type.update', payload: { volume_types: { id, is_public: true } } })
  t.match(await refusal(ask(dev, 'PUT', `/types/${id}`, wanted)), [403])
  t.match(await ask(dev, 'GET', `/types/${id}`), { volume_type: { is_public: true } })
  await ask(admin, 'DELETE', `/types/${made.id}`)
  t.match(told(), { event_type: 'volume_type.delete', payload: { volume_types: { id: made.id } } })
})
