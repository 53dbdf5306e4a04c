import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import type { Event, Normalised } from '../../src/events/event.ts'
import { normaliseOpenstack } from '../../src/events/openstack.ts'
import { bz2 } from './bz2.ts'

const where = { openstack: 'lab', region: 'RegionOne' }
const server = '475b0dd4-5c99-4759-8bf7-13d451519305'
const project = '5da173d7e7624fecb6cd1188efa79466'
const port = '685c50fa-f79f-4729-bcec-f6e0a1cd786a'
const zone = '504596ef-a0ca-41cc-9952-5b7320b0fe71'
const user = 'f41cb8174445481cbfc6b49ae1d5a1b0'

/** A notification with sane defaults, so that each case shows only what matters. */
function notification(type: string, payload: unknown, more: object = {}) {
  return {
    message_id: 'aaaaaaaa-0000-4000-8000-000000000001',
    publisher_id: 'compute.host1',
    event_type: type,
    priority: 'INFO',
    payload,
    timestamp: '2026-11-23 06:46:34.242037',
    ...more
  }
}

function deliver(message: unknown, exchange = 'nova', headers: Record<string, unknown> = {}, body?: Uint8Array) {
  const text = JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) })
  return normaliseOpenstack(
    { exchange, routingKey: 'notifications.info', body: body ?? Buffer.from(text), headers },
    where
  )
}

function events(result: Normalised): readonly Event[] {
  if (!result.ok) throw new Error(result.reason)
  return result.events
}

const stopped = notification('compute.instance.power_off.end', {
  instance_id: server,
  tenant_id: project,
  state: 'STOPPED'
})

t.test('a notification, whole', async (t) => {
  const context = {
    _context_request_id: 'req-1',
    _context_global_request_id: 'req-2',
    _context_auth_token: 'gAAAA',
    _context_user_id: user
  }
  const payload = {
    instance_id: server,
    tenant_id: project,
    display_name: 'web',
    old_display_name: 'old',
    state: 'Active'
  }
  const address = { fixed_ips: [{ address: '10.0.0.5', floating_ips: [] }, { address: 'fd00::5' }] }
  t.same(deliver(notification('compute.instance.update', { ...payload, ...address }, context)), {
    ok: true,
    events: [
      {
        id: 'aaaaaaaa-0000-4000-8000-000000000001/compute.instance.update#0',
        source: '/openstack/lab/RegionOne/nova',
        type: 'compute.instance.update',
        subject: server,
        time: '2026-11-23T06:46:34.242037Z',
        project,
        requestId: 'req-1',
        globalRequestId: 'req-2',
        userId: user,
        data: { kind: 'server', name: 'web', oldName: 'old', state: 'active', addresses: ['10.0.0.5', 'fd00::5'] }
      }
    ],
    ignored: []
  })
})

t.test('envelopes: version 2, version 1, compressed', async (t) => {
  const expected = deliver(stopped)
  const text = (version: string) => JSON.stringify({ 'oslo.version': version, 'oslo.message': JSON.stringify(stopped) })
  t.same(deliver(null, 'nova', {}, Buffer.from(text('2.7'))), expected)
  t.same(deliver(null, 'nova', {}, Buffer.from(JSON.stringify(stopped))), expected, 'driver = messaging')
  t.same(deliver(null, 'nova', {}, new Uint8Array(Buffer.from(text('2.0')))), expected)
  t.same(deliver(null, 'nova', { compression: 'application/x-gzip' }, gzipSync(text('2.0'))), expected)
  t.same(deliver(null, 'nova', { compression: 'application/x-zlib' }, deflateSync(text('2.0'))), expected)
})

t.test('what kombu compresses is read by what it is, whatever it is called', async (t) => {
  const expected = deliver(stopped)
  const text = JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(stopped) })
  const bodies = [deflateSync(text), gzipSync(text), zstdCompressSync(text), bz2, Buffer.from(text)]
  const names = [
    'application/x-gzip',
    'gzip',
    'zlib',
    'application/x-bz2',
    'bzip2',
    'bz2',
    'application/zstd',
    undefined
  ]
  for (const body of bodies)
    for (const compression of names)
      t.same(
        deliver(null, 'nova', { compression }, body),
        expected,
        `${compression} of ${body.subarray(0, 3).toString('hex')}`
      )
  t.same(deliver(null, 'nova', { compression: 'application/x-brotli' }, brotliCompressSync(text)), expected)
  const lzma = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04])
  t.match(deliver(null, 'nova', { compression: 'application/x-lzma' }, lzma), {
    ok: false,
    reason: /compressed with lzma, which is not supported: set kombu_compression = gzip/
  })
  for (let length = 0; length < bz2.length; length++) {
    const cut = deliver(null, 'nova', { compression: 'bzip2' }, bz2.subarray(0, length))
    t.equal(cut.ok, false, `cut after ${length}`)
  }
  // 20 MB of nothing in 45 bytes or so.
  const bomb = deliver(
    null,
    'nova',
    {},
    Buffer.from('QlpoOTFBWSZTWb/Kr8QAmS/CAMAAAAgACCAAMMwFKaaqkRRsAoijxdyRThQkL/Kr8QA=', 'base64')
  )
  t.match(bomb, { ok: false, reason: /too large/ })
})

t.test('figures that are no numbers are JSON to Python, and no reason to refuse the rest', async (t) => {
  const text = JSON.stringify({
    ...stopped,
    payload: { ...(stopped.payload as object), display_name: 'NaN "Infinity"', load: 0 }
  })
  const expected = deliver(null, 'nova', {}, Buffer.from(text))
  t.equal(expected.ok, true)
  for (const figure of ['NaN', 'Infinity', '-Infinity', '[NaN,-Infinity]']) {
    const python = text.replace('"load":0', `"load":${figure}`)
    t.same(deliver(null, 'nova', {}, Buffer.from(python)), expected, figure)
    const wrapped = JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': python })
    t.same(deliver(null, 'nova', {}, Buffer.from(wrapped)), expected, `${figure} in an envelope`)
  }
  t.match(deliver(null, 'nova', {}, Buffer.from('{"a":NaN')), { ok: false, reason: /not JSON/ })
})

t.test('what is no notification says why, and repeats nothing of the message', async (t) => {
  const bomb = gzipSync(Buffer.alloc(20_000_000))
  const cases: [Uint8Array, Record<string, unknown>, RegExp][] = [
    [Buffer.from(''), {}, /not JSON/],
    [Buffer.from('secret'), {}, /not JSON/],
    [Buffer.from([0xff, 0xfe, 0x00]), {}, /not UTF-8/],
    [Buffer.from('null'), {}, /message_id/],
    [Buffer.from('["secret"]'), {}, /message_id/],
    [Buffer.from('{"oslo.version":"3.0","oslo.message":"{}"}'), {}, /version other than 2/],
    [Buffer.from('{"oslo.version":"2.0","oslo.message":{}}'), {}, /holds no text/],
    [Buffer.from('{"oslo.version":"2.0","oslo.message":"secret"}'), {}, /in the envelope is not JSON/],
    [Buffer.from('{"method":"build","args":{"token":"secret"}}'), {}, /message_id/],
    [Buffer.from(JSON.stringify({ ...stopped, message_id: 'a/b' })), {}, /message_id/],
    [Buffer.from(JSON.stringify({ ...stopped, message_id: 'x'.repeat(65) })), {}, /message_id/],
    [Buffer.from(JSON.stringify({ ...stopped, event_type: 7 })), {}, /event_type/],
    [Buffer.from(JSON.stringify({ ...stopped, event_type: 'x'.repeat(256) })), {}, /event_type/],
    [Buffer.from(JSON.stringify({ ...stopped, event_type: ' a' })), {}, /event_type/],
    [Buffer.from(JSON.stringify({ ...stopped, event_type: 'a  b' })), {}, /event_type/],
    [Buffer.from(JSON.stringify({ ...stopped, event_type: 'a\tb' })), {}, /event_type/],
    [Buffer.from(JSON.stringify({ ...stopped, timestamp: 'yesterday' })), {}, /timestamp/],
    [Buffer.from('x'), { compression: 'application/x-bz2' }, /cannot be decompressed/],
    [Buffer.from('x'), { compression: 'secret' }, /not supported/],
    [Buffer.from('x'), { compression: 'application/x-gzip' }, /cannot be decompressed/],
    [bomb, { compression: 'application/x-gzip' }, /too large/],
    [Buffer.alloc(17 * 1024 * 1024, 32), {}, /larger than 16 MiB/]
  ]
  for (const [body, headers, reason] of cases) {
    const result = deliver(null, 'nova', headers, body)
    t.equal(result.ok, false, `${reason}`)
    if (result.ok) continue
    t.match(result.reason, reason)
    t.notMatch(result.reason, /secret/)
  }
})

t.test('times become UTC with six digits', async (t) => {
  const cases: [string, string | null][] = [
    ['2026-11-23 06:46:34.242037', '2026-11-23T06:46:34.242037Z'],
    ['2026-11-23 06:46:34', '2026-11-23T06:46:34.000000Z'],
    ['2026-11-23T06:46:34.5Z', '2026-11-23T06:46:34.500000Z'],
    ['2026-11-23T06:46:34.123456789+00:00', '2026-11-23T06:46:34.123456Z'],
    ['2026-11-23T01:46:34.242037+0530', '2026-11-22T20:16:34.242037Z'],
    ['2024-02-29 00:00:00', '2024-02-29T00:00:00.000000Z'],
    ['2026-02-29 00:00:00', null],
    ['2026-13-01 00:00:00', null],
    ['2026-11-23 24:00:00', null],
    ['2026-11-23 06:46:34.', null],
    ['2026-11-23 06:46:34 CET', null],
    ['2026-11-23', null]
  ]
  for (const [timestamp, expected] of cases) {
    const result = deliver({ ...stopped, timestamp })
    t.equal(result.ok ? result.events[0]!.time : null, expected, timestamp)
  }
})

t.test('a deleted server is deleted, whatever state the API found it in', async (t) => {
  const [legacy] = events(
    deliver(notification('compute.instance.delete.end', { instance_id: server, state: 'building' }))
  )
  t.match(legacy, { subject: server, data: { kind: 'server', state: 'deleted', addresses: [] } })
  const data = { uuid: server, tenant_id: project, state: 'active', ip_addresses: [] }
  const [versioned] = events(deliver(notification('instance.delete.end', { 'nova_object.data': data })))
  t.match(versioned, { subject: server, data: { state: 'deleted' } })
  const soft = notification('compute.instance.soft_delete.end', { instance_id: server, state: 'soft-delete' })
  t.match(events(deliver(soft)), [{ data: { state: 'soft-delete' } }])
})

t.test('Nova’s versioned notifications are unwrapped', async (t) => {
  const wrap = (data: object) => ({ 'nova_object.name': 'X', 'nova_object.version': '1.0', 'nova_object.data': data })
  const payload = wrap({
    uuid: server,
    tenant_id: project,
    display_name: 'web',
    state: 'active',
    ip_addresses: [wrap({ address: '10.0.0.5', port_uuid: port }), wrap({ address: '10.0.0.6' })]
  })
  t.match(events(deliver(notification('instance.interface_attach.end', payload))), [
    {
      subject: server,
      project,
      data: { kind: 'server', name: 'web', oldName: null, addresses: ['10.0.0.5', '10.0.0.6'] }
    }
  ])
})

t.test('Nova’s wrap_exception sends the name of a function as the type', async (t) => {
  const payload = { exception: 'secret', args: { admin_password: 'secret', instance: { uuid: server } } }
  const result = deliver(notification('build_and_run_instance', payload, { priority: 'ERROR' }))
  t.match(events(result), [{ type: 'build_and_run_instance', subject: null, project: null, data: { kind: 'none' } }])
  t.notMatch(JSON.stringify(result), /secret/)
})

t.test('a failed build names the server and its project, not the token beside them', async (t) => {
  const context = { auth_token: 'secret' }
  const properties = { uuid: server, project_id: project, pci_requests: { _context: context } }
  const payload = {
    instance_id: server,
    state: 'error',
    request_spec: { instance_properties: properties },
    reason: 'secret'
  }
  const result = deliver(notification('compute_task.build_instances', payload))
  t.match(events(result), [{ subject: server, project, data: { kind: 'server', state: 'error' } }])
  t.notMatch(JSON.stringify(result), /secret/)
})

t.test('Neutron’s bulk create is one event for each object', async (t) => {
  const ports = ['a', 'b'].map((id) => ({ id, project_id: project, device_id: server, device_owner: 'compute:nova' }))
  const result = events(deliver(notification('port.create.end', { ports }), 'neutron'))
  t.match(result, [
    { id: /port\.create\.end#0$/, subject: 'a', data: { kind: 'port', deviceId: server, deviceOwner: 'compute:nova' } },
    { id: /port\.create\.end#1$/, subject: 'b' }
  ])
  const policies = { rbac_policies: [{ id: 'c', project_id: project }] }
  t.match(events(deliver(notification('rbac_policy.create.end', policies), 'neutron')), [{ subject: 'c', project }])
})

t.test('Neutron’s floating IPs, deletes, router interfaces and tags', async (t) => {
  const floatingip = {
    id: 'f',
    tenant_id: project,
    floating_ip_address: '203.0.113.9',
    fixed_ip_address: null,
    port_id: port
  }
  t.match(events(deliver(notification('floatingip.update.end', { floatingip }), 'neutron')), [
    { subject: 'f', project, data: { kind: 'floatingip', address: '203.0.113.9', fixedAddress: null, portId: port } }
  ])
  t.match(events(deliver(notification('port.delete.end', { port_id: port }), 'neutron')), [
    { subject: port, data: { kind: 'port', deviceId: null, addresses: [] } }
  ])
  const router_interface = { id: 'r', tenant_id: project, port_id: port }
  t.match(events(deliver(notification('router.interface.create', { router_interface }), 'neutron')), [
    { subject: 'r', project, data: { kind: 'none' } }
  ])
  const tag = { obj_resource: 'ports', obj_resource_id: port, tags: ['secret'] }
  t.match(events(deliver(notification('tag.create.end', tag), 'neutron')), [{ subject: port }])
})

t.test('Keystone: CADF, basic, role assignments, failures', async (t) => {
  const initiator = { project_id: 'actor', request_id: 'req-3', global_request_id: 'req-4' }
  const cadf = { resource_info: project, outcome: 'success', initiator, target: { id: 'other' }, id: 'event' }
  t.match(events(deliver(notification('identity.project.updated', cadf), 'keystone')), [
    { subject: project, project, requestId: 'req-3', globalRequestId: 'req-4' }
  ])
  const basic = { resource_info: user, request_id: 'req-5' }
  t.match(events(deliver(notification('identity.user.disabled', basic), 'keystone')), [
    { subject: user, project: null, requestId: 'req-5' }
  ])
  const role = { project, user, role: 'member', outcome: 'success', target: { id: 'made-up' } }
  t.match(events(deliver(notification('identity.role_assignment.created', role), 'keystone')), [
    { subject: user, project }
  ])
  t.match(deliver(notification('identity.role_assignment.created', { ...role, outcome: 'failure' }), 'keystone'), {
    events: [],
    ignored: [{ subject: user, project, reason: /outcome is not success/ }]
  })
})

t.test('Designate: record sets, zones, their twins, and the audit plugin', async (t) => {
  const recordset = { id: 'r', tenant_id: project, zone_id: zone, name: 'Web.Example.org', type: 'A' }
  t.match(events(deliver(notification('dns.recordset.create', recordset), 'designate')), [
    { subject: 'r', project, data: { kind: 'recordset', zoneId: zone, name: 'web.example.org.', type: 'A' } }
  ])
  t.match(
    events(
      deliver(notification('dns.zone.update', { id: zone, project_id: project, name: 'example.org.' }), 'designate')
    ),
    [{ subject: zone, project, data: { kind: 'zone', name: 'example.org.' } }]
  )
  t.match(deliver(notification('dns.domain.update', { id: zone }), 'designate'), {
    events: [],
    ignored: [{ subject: zone, reason: /old name/ }]
  })
  const change = {
    zone_name: 'example.org.',
    zone_id: zone,
    recordset_name: 'web.example.org.',
    old_data: '1',
    new_data: '2'
  }
  const audit = [
    { ...change, changed_field: 'ttl' },
    { ...change, changed_field: 'records' }
  ]
  t.same(
    events(deliver(notification('dns.recordset.update', audit), 'designate')).map(({ subject, data }) => ({
      subject,
      data
    })),
    [{ subject: null, data: { kind: 'recordset', zoneId: zone, name: 'web.example.org.', type: null } }]
  )
  t.match(events(deliver(notification('dns.zone.update', audit), 'designate')), [
    { subject: zone, data: { kind: 'zone' } }
  ])
  const key = { id: 'k', name: 'key', secret: 'secret' }
  t.notMatch(JSON.stringify(deliver(notification('dns.tsigkey.create', key), 'designate')), /"secret"/)
})

t.test('Octavia, in the shape that it sends and in the one it documents', async (t) => {
  const octavia = (payload: object) =>
    events(deliver(notification('octavia.loadbalancer.create.end', payload, { publisher_id: null }), 'octavia'))
  const data = { kind: 'loadbalancer', name: 'shop', address: '10.0.0.9', portId: 'p', networkId: 'n' }
  const vip = { vip_address: '10.0.0.9', vip_port_id: 'p', vip_network_id: 'n', vip_subnet_id: 's' }
  t.match(octavia({ loadbalancer_id: 'l', project_id: project, name: 'shop', ...vip }), [
    { subject: 'l', project, data }
  ])
  const documented = { ip_address: '10.0.0.9', port_id: 'p', network_id: 'n', subnet_id: 's' }
  t.match(octavia({ id: 'l', project_id: project, name: 'shop', vip: documented }), [{ subject: 'l', project, data }])
  t.same(octavia({ loadbalancer_id: 'l', project_id: project, name: '', vip_address: null })[0]!.data, {
    kind: 'loadbalancer',
    name: '',
    address: null,
    portId: null,
    networkId: null
  })
  t.same(octavia({ project_id: project, name: 'shop' })[0]!.data, { kind: 'none' }, 'of no load balancer')
})

t.test('Cinder and Glance', async (t) => {
  const snapshot = { snapshot_id: 's', volume_id: 'v', tenant_id: project }
  t.match(events(deliver(notification('snapshot.create.end', snapshot), 'openstack')), [
    { source: '/openstack/lab/RegionOne/cinder', subject: 's', project }
  ])
  const access = { volume_type_id: 't', project_id: project }
  t.match(events(deliver(notification('volume_type_project.access.add', access), 'cinder')), [
    { subject: 't', project }
  ])
  const failed = { volume_id: 'v', volume_properties: { project_id: project }, reason: 'secret' }
  t.match(events(deliver(notification('scheduler.create_volume', failed), 'openstack')), [{ subject: 'v', project }])
  t.match(events(deliver(notification('image.upload', 'it failed'), 'glance')), [
    { subject: null, data: { kind: 'none' } }
  ])
  const member = { image_id: 'i', member_id: project }
  t.match(events(deliver(notification('image.member.create', member), 'glance')), [{ subject: 'i', project: null }])
})

t.test('a sender that we do not know keeps its envelope and what can only be ids', async (t) => {
  const stack = { id: server, tenant_id: project, stack_name: 'secret', stack_identity: 'arn:secret' }
  t.match(events(deliver(notification('orchestration.stack.create.end', stack), 'heat')), [
    { source: '/openstack/lab/RegionOne/heat', subject: server, project, data: { kind: 'none' } }
  ])
  const odd = events(deliver(notification('odd', { id: 'gAAAAABtoken', project_id: 7 }), '../x'))
  t.match(odd, [{ source: '/openstack/lab/RegionOne/unknown', subject: null, project: null }])
  t.match(deliver(notification('volume.create.start', { volume_id: null }), 'openstack'), {
    ignored: [{ source: '/openstack/lab/RegionOne/cinder', reason: /intent only/ }]
  })
})

t.test('ids that are none, names without end and hostile characters', async (t) => {
  const update = (more: object) =>
    events(deliver(notification('compute.instance.update', { instance_id: server, ...more })))[0]!
  const named = (display_name: unknown) => (update({ display_name }).data as { name: string | null }).name
  t.equal(named('x'.repeat(1_000_000))?.length, 255)
  t.equal(named('a\u0000b\u001b[31m\u202ec'), 'a\ufffdb\ufffd[31m\ufffdc')
  t.equal(named('\ud800'), '\ufffd')
  t.equal(named('büro 北京 🚀'), 'büro 北京 🚀')
  t.equal(named(7), null)
  t.equal(update({ tenant_id: 'x'.repeat(129) }).project, null)
  t.equal(update({ tenant_id: 'a b' }).project, null)
  t.match(update({ instance_id: { toString: 'x' } }), { subject: null, data: { kind: 'none' } })
  t.match(update({ fixed_ips: [{ address: 'x' }, null, 7, { address: '10.0.0.1' }] }).data, { addresses: ['10.0.0.1'] })
  const request = deliver({
    ...stopped,
    _context_request_id: 'gAAAAABtoken',
    _context_global_request_id: `req-${'x'.repeat(99)}`
  })
  t.match(events(request), [{ requestId: null, globalRequestId: null }])
})

t.test('prototype keys mean nothing', async (t) => {
  const text = `{"message_id":"m","event_type":"__proto__.create.end","timestamp":"2026-11-23 06:46:34",
    "payload":{"__proto__":{"id":"x","project_id":"y"},"constructor":{"id":"z"}},"__proto__":{"polluted":true}}`
  for (const exchange of ['neutron', '__proto__', 'constructor']) {
    t.equal(deliver(null, exchange, {}, Buffer.from(text)).ok, true)
  }
  t.equal(({} as { polluted?: boolean }).polluted, undefined)
})

t.test('a part says whose lane has to look', async (t) => {
  const group = 'ab7599ed-aee4-4627-9e4a-04b661ee8be9'
  const credential = 'ba692ff23e2a4271b7dfabe2917ca1b8'
  const initiator = { id: user, user_id: user, username: 'somebody' }
  const cases: [string, string, object, object][] = [
    [
      'neutron',
      'security_group_rule.create.end',
      { security_group_rule: { id: port, security_group_id: group, project_id: project } },
      { subject: port, project, data: { kind: 'part', of: 'security-group', id: group } }
    ],
    [
      'neutron',
      'security_group_rule.delete.end',
      { security_group_rule_id: port, security_group_rule: { id: port, security_group_id: group, tenant_id: project } },
      { subject: port, project, data: { kind: 'part', of: 'security-group', id: group } }
    ],
    [
      'neutron',
      'rbac_policy.create.end',
      { rbac_policy: { id: port, object_type: 'network', object_id: group, target_tenant: '*', project_id: project } },
      { subject: port, project, data: { kind: 'part', of: 'network', id: group } }
    ],
    [
      'neutron',
      'rbac_policy.create.end',
      { rbac_policy: { id: port, object_type: 'security_group', object_id: group, project_id: project } },
      { subject: port, project, data: { kind: 'none' } }
    ],
    [
      'neutron',
      'security_group_rule.create.end',
      { security_group_rule: { id: port } },
      { subject: port, data: { kind: 'none' } }
    ],
    [
      'keystone',
      'identity.role_assignment.created',
      { outcome: 'success', initiator, project, user: 'u1', role: 'r1', inherited_to_projects: false },
      { subject: 'u1', project, userId: user, data: { kind: 'part', of: 'person', id: 'u1' } }
    ],
    [
      'keystone',
      'identity.role_assignment.deleted',
      { outcome: 'success', initiator, domain: 'default', group: 'g1', role: 'r1', inherited_to_projects: true },
      { subject: 'g1', project: null, userId: user, data: { kind: 'part', of: 'group', id: 'g1' } }
    ],
    [
      'keystone',
      'identity.application_credential.created',
      { outcome: 'success', initiator, resource_info: credential },
      { subject: credential, data: { kind: 'part', of: 'application-credential', id: `${user}/${credential}` } }
    ],
    [
      'keystone',
      'identity.application_credential.created',
      { resource_info: credential },
      { subject: credential, userId: null, data: { kind: 'none' } }
    ]
  ]
  for (const [exchange, type, payload, expected] of cases)
    t.match(events(deliver(notification(type, payload), exchange))[0], expected, type)
})

t.test('who did it is an id of Keystone, or not said', async (t) => {
  const cases: [object, string | null][] = [
    [{ _context_user_id: user }, user],
    [{ _context_user: user }, user],
    [{ _context_user_id: 'a'.repeat(64) }, 'a'.repeat(64)],
    [{ _context_user_id: 'somebody@example.org' }, null],
    [{ _context_user_id: `gAAAA${'b'.repeat(59)}` }, null],
    [{ _context_user_id: ['x'] }, null],
    [{}, null]
  ]
  for (const [context, expected] of cases) {
    const [event] = events(deliver({ ...stopped, ...context }))
    t.equal(event?.userId, expected, JSON.stringify(context).slice(0, 60))
  }
})
