import { readFileSync } from 'node:fs'
import t from 'tap'
import { isService } from '../../src/events/openstack/senders.ts'
import { normaliseOpenstack } from '../../src/events/openstack.ts'
import { isolationLanesOf } from '../../src/policies/isolation/lanes.ts'
import { quotaRebalance } from '../../src/policies/quota-rebalance/policy.ts'

const id = '475b0dd4-5c99-4759-8bf7-13d451519305'
const project = '5da173d7e7624fecb6cd1188efa79466'
const where = { openstack: 'lab', region: 'RegionOne' }

/** From the services' own code; the file says which releases. */
const { types } = JSON.parse(readFileSync(new URL('../fixtures/notification-types.json', import.meta.url), 'utf8')) as {
  types: Record<string, string[]>
}

/** A payload as the service writes it, with all the ids that it may be asked for. */
function payload(service: string, type: string): object {
  const resource = type.split('.', 1)[0]!
  const ids = { id, project_id: project, tenant_id: project }
  switch (service) {
    case 'nova':
      return { ...ids, instance_id: id, aggregate_id: id, server_group_id: id }
    case 'neutron':
      return { [resource]: { ...ids, network_id: id }, [`${resource}_id`]: id }
    case 'keystone':
      return { resource_info: id, project, user: id, outcome: 'success', initiator: { user_id: project } }
    case 'cinder':
      return {
        ...ids,
        volume_id: id,
        snapshot_id: id,
        backup_id: id,
        type_id: id,
        volume_type_id: id,
        volume_types: { id }
      }
    case 'glance':
      return { id, image_id: id, owner: project }
    case 'octavia':
      return { loadbalancer_id: id, project_id: project }
    default:
      return ids
  }
}

function deliver(
  service: string,
  type: string,
  exchange = service,
  more: object = {},
  routingKey = 'notifications.info'
) {
  const message = {
    message_id: 'aaaaaaaa-0000-4000-8000-000000000001',
    publisher_id: null,
    event_type: type,
    priority: 'INFO',
    payload: payload(service, type),
    timestamp: '2026-11-23 06:46:34.242037',
    ...more
  }
  const body = Buffer.from(JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) }))
  const result = normaliseOpenstack({ exchange, routingKey, body }, where)
  if (!result.ok) throw new Error(`${type}: ${result.reason}`)
  return result
}

const event = (service: string, type: string) => deliver(service, type).events[0]
const ignored = (service: string, type: string, ...more: [string?, object?, string?]) =>
  deliver(service, type, ...more).ignored[0]?.reason

t.test('every type that the services’ code names is taken, and as its service’s', async (t) => {
  const services = Object.keys(types)
  t.same(services.filter(isService).length, 7)
  let count = 0
  for (const service of services)
    for (const type of types[service]!) {
      const { events, ignored } = deliver(service, type)
      const [one] = [...events, ...ignored]
      if (one?.source !== `/openstack/lab/RegionOne/${service}` || one.type !== type) t.fail(`${service} ${type}`)
      count++
    }
  t.ok(count > 900, `${count} types`)
})

t.test('no phase that only announces something becomes an event, and no result is taken for one', async (t) => {
  const odd: string[] = []
  for (const service of Object.keys(types))
    for (const type of types[service]!) {
      if (type.endsWith('.start') && event(service, type) !== undefined) odd.push(type)
      if (/\.(end|error)$/.test(type) && /intent/.test(ignored(service, type) ?? '')) odd.push(type)
    }
  t.same(odd, [])
})

t.test('what repeats itself without a change is no event', async (t) => {
  for (const [service, type] of [
    ['neutron', 'l3.meter'],
    ['cinder', 'capacity.pool'],
    ['cinder', 'capacity.backend'],
    ['cinder', 'backup.createprogress'],
    ['cinder', 'image_volume_cache.hit'],
    ['cinder', 'volume.usage'],
    ['nova', 'volume.usage'],
    ['nova', 'aggregate.cache_images.progress'],
    ['nova', 'compute.metrics.update'],
    ['ironic', 'hardware.ipmi.metrics.update'],
    ['neutron', 'floatingip.exists'],
    ['designate', 'dns.zone.exists'],
    ['nova', 'audit.http.request'],
    ['glance', 'http.response'],
    ['nova', 'profiler.nova']
  ] as const)
    t.type(ignored(service, type), 'string', type)
  t.match(ignored('neutron', 'some.thing', 'neutron', { priority: 'SAMPLE' }), /metering/)
  t.match(ignored('neutron', 'some.thing', 'neutron', {}, 'notifications.sample'), /metering/)
  t.match(event('neutron', 'some.thing'), { data: { kind: 'none' } })
})

t.test('whoever sends a type is not for that the service that is known for it', async (t) => {
  const source = (type: string, exchange: string, publisher_id: unknown) =>
    [...deliver('nova', type, exchange, { publisher_id }).events][0]?.source.split('/').at(-1)
  t.equal(source('service.update', 'watcher', 'infra-optim:host0'), 'watcher')
  t.equal(source('service.update', 'openstack', 'infra-optim:host0'), 'openstack')
  t.equal(source('service.update', 'openstack', 'nova-compute:host0'), 'nova')
  t.equal(source('service.update', 'nova', 'whoever'), 'nova')
  t.equal(source('port.create.end', 'baremetal', 'ironic-api.host'), 'baremetal')
  t.equal(source('port.create.end', 'cloud1', 'network.host'), 'neutron')
  t.equal(source('snapshot.create.end', 'openstack', 'manila-share.host@pool'), 'openstack')
  t.equal(source('snapshot.create.end', 'openstack', 'snapshot.host@pool'), 'cinder')
  t.equal(source('volume_type.create', 'openstack', 'volumeType.host'), 'cinder')
  // Whose publisher ids an operator may choose.
  t.equal(source('image.create', 'openstack', 'my-images'), 'glance')
  t.equal(source('identity.user.created', 'openstack', 'my-keystone'), 'keystone')
  t.equal(source('octavia.loadbalancer.create.end', 'openstack', null), 'octavia')
})

t.test('a server that the API deletes by force is gone', async (t) => {
  t.match(event('nova', 'compute.instance.force_delete.end'), {
    subject: id,
    data: { kind: 'server', state: 'deleted' }
  })
})

t.test('facts of isolation: what is notified wakes the lane that reads them', async (t) => {
  const cases: [string, string, string][] = [
    ['cinder', 'volume_type_encryption.create', `volume-type:${id}`],
    ['cinder', 'volume_type_encryption.update', `volume-type:${id}`],
    ['cinder', 'volume.retype', `volume:${id}`],
    ['cinder', 'volume.transfer.create.end', `volume:${id}`],
    ['cinder', 'volume.reset_status.end', `volume:${id}`],
    ['neutron', 'subnet.create.end', `network:${id}`],
    ['neutron', 'subnet.delete.end', `network:${id}`],
    ['nova', 'compute.instance.force_delete.end', `server:${id}`],
    ['nova', 'instance.restore.end', `server:${id}`]
  ]
  for (const [service, type, lane] of cases) t.same(isolationLanesOf(event(service, type)!), [lane], type)
  const forwarding = (more: object) =>
    deliver('neutron', 'port_forwarding.create.end', 'neutron', { payload: { port_forwarding: { id: 'f', ...more } } })
      .events[0]!
  t.same(isolationLanesOf(forwarding({ internal_port_id: 'p' })), ['port:p'])
  t.same(isolationLanesOf(forwarding({ internal_port_id: 'p', floatingip_id: 'fip' })), ['floating-ip:fip'])
  const limits = deliver('neutron', 'quota.update.end', 'neutron', {
    payload: { quota: { network: -1, project_id: project } }
  })
  t.same(isolationLanesOf(limits.events[0]!), [`project:${project}`])
})

t.test('facts of quotas: what is notified wakes the group', async (t) => {
  const settings = {
    cloud: 'admin',
    groups: {
      net: { projects: {}, resources: { floatingip: {} } },
      disk: { projects: {}, resources: { gigabytes_fast: {} } },
      all: { projects: {}, resources: { cores: {}, gigabytes: {} } }
    }
  } as never
  const woken = (service: string, type: string, more: object = {}) =>
    quotaRebalance.lanes(deliver(service, type, service, more).events[0]!, settings)
  for (const [service, type] of [
    ['cinder', 'volume.retype'],
    ['cinder', 'snapshot.manage_existing_snapshot.end'],
    ['nova', 'compute.instance.force_delete.end'],
    ['cinder', 'scheduler.create_volume']
  ] as const)
    t.same(woken(service, type), [`project:${project}`], type)
  const port = { router_interface: { id: 'r', tenant_id: project } }
  t.same(woken('neutron', 'router.interface.create', { payload: port }), [`project:${project}`])
  t.same(woken('neutron', 'quota.delete.end', { payload: { quota_id: project } }), [`project:${project}`])
  t.same(
    woken('neutron', 'quota.update.end', { payload: { quota: { port: 5 } } }),
    ['group:net'],
    'whose, it does not say'
  )
  t.same(woken('cinder', 'volume_type.update'), ['group:disk'])
})

t.test('Keystone’s basic format says whose request it was, and a tag’s name is nobody’s id', async (t) => {
  const basic = { resource_info: id, request_id: 'req-5', global_request_id: 'req-6' }
  t.match(deliver('keystone', 'identity.user.updated', 'keystone', { payload: basic }).events, [
    { subject: id, requestId: 'req-5', globalRequestId: 'req-6' }
  ])
  for (const type of ['identity.project tag.created', 'identity.project tag.deleted'])
    t.match(deliver('keystone', type, 'keystone', { payload: { resource_info: project } }).events, [
      { type, subject: null, project: null }
    ])
})
