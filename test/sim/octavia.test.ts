import t, { type Test } from 'tap'
import { OpenStackError } from '../../src/clients/openstack/openstack-error.ts'
import { simCloud } from '../clients/sim-cloud.ts'

interface Message {
  readonly event_type: string
  readonly publisher_id: string | null
  readonly payload: Record<string, unknown>
  readonly _context_project_id: string
  readonly _context_user_name?: string
}

async function balancing(t: Test, bootMs = 10) {
  const heard: { exchange: string; message: Message }[] = []
  const found = await simCloud(t, {
    bootMs,
    onNotification: ({ exchange, body }) =>
      heard.push({ exchange, message: JSON.parse(JSON.parse(body.toString())['oslo.message']) })
  })
  const dev = found.open('dev-user')
  const ask = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object, cloud = dev) =>
    (await cloud.request('load-balancer', method, `/lbaas${path}`, body ? { body } : {})).body as Record<
      string,
      Record<string, unknown>
    >
  const refusal = async (call: Promise<unknown>) => {
    try {
      await call
    } catch (error) {
      if (error instanceof OpenStackError) return [error.status, error.code, error.message]
      throw error
    }
    throw new Error('not refused')
  }
  const told = () => heard.filter(({ exchange }) => exchange === 'octavia').map(({ message }) => message)
  return { ...found, heard, told, dev, ask, refusal }
}

t.test('a load balancer from the request to its deletion', async (t) => {
  const { sim, told, heard, dev } = await balancing(t)
  const ports = () => sim.operator.quota('neutron', 'dev').port!.used
  const before = ports()
  const { id, vipAddress, vipPortId } = await sim.operator.createLoadBalancer({ name: 'front' })
  t.equal(ports(), before + 1, 'its port is the project’s')
  t.match(sim.state.ports.get(vipPortId), {
    name: `octavia-lb-${id}`,
    deviceId: `lb-${id}`,
    deviceOwner: 'Octavia',
    status: 'DOWN'
  })
  const port = heard.find(({ message }) => message.event_type === 'port.create.end')?.message
  t.match(port, {
    _context_user_name: 'octavia',
    payload: { port: { id: vipPortId, project_id: await dev.projectId() } }
  })
  t.not(port?._context_project_id, await dev.projectId(), 'made by Octavia’s own user')
  await sim.operator.renameLoadBalancer(id, 'door')
  await sim.operator.deleteLoadBalancer(id)
  t.equal(ports(), before)
  t.match(
    told().map(({ event_type, publisher_id, payload }) => [
      event_type,
      publisher_id,
      payload.name,
      payload.vip_address
    ]),
    [
      ['octavia.loadbalancer.create.end', null, 'front', vipAddress],
      ['octavia.loadbalancer.update.end', null, 'front', vipAddress],
      ['octavia.loadbalancer.delete.end', null, 'door', vipAddress]
    ],
    'an update is told with what was before'
  )
})

t.test('of the provider ovn nobody hears', async (t) => {
  const { sim, told } = await balancing(t)
  const { id } = await sim.operator.createLoadBalancer({ name: 'front', provider: 'ovn' })
  await sim.operator.deleteLoadBalancer(id)
  t.same(told(), [])
})

t.test('one change at a time', async (t) => {
  const { sim, ask, refusal } = await balancing(t)
  const { id } = await sim.operator.createLoadBalancer({ name: 'front' })
  // From here on each change is under way for as long as this takes.
  sim.state.bootMs = 600_000
  const listener = { listener: { loadbalancer_id: id, protocol: 'TCP', protocol_port: 80 } }
  await ask('POST', '/listeners', listener)
  t.match(await refusal(ask('POST', '/listeners', listener)), [409, 'Client', /is immutable and cannot be updated/])
  t.match(await refusal(ask('DELETE', `/loadbalancers/${id}`)), [400, 'Client', /it has children/])
  t.match(await refusal(ask('DELETE', `/loadbalancers/${id}?cascade=true`)), [
    409,
    'Client',
    /Invalid state PENDING_UPDATE/
  ])
  t.match(await refusal(ask('GET', '/loadbalancers/nobody')), [404, 'Client', /Load Balancer nobody not found/])
})

t.test('over quota is 403 without a number; limits are taken as they come', async (t) => {
  const { sim, open, ask, refusal, dev } = await balancing(t)
  const admin = open('admin')
  const path = `/quotas/${await dev.projectId()}`
  const put = (quota: object) => ask('PUT', path, { quota }, admin)
  await sim.operator.createLoadBalancer({ name: 'one' })
  t.match(await put({ loadbalancer: 0, health_monitor: 3 }), {
    quota: { load_balancer: 0, health_monitor: 3, listener: 50 }
  })
  await t.rejects(sim.operator.createLoadBalancer({ name: 'two' }), {
    message:
      /403 \{"faultcode":"Client","faultstring":"Quota has been met for resources: Load Balancer","debuginfo":null\}/
  })
  t.match(await put({ loadbalancer: null }), { quota: { load_balancer: -1 } }, 'null: the default')
  t.match(await refusal(put({ nonsense: 1 })), [400, 'Client', /Unknown attribute/])
  t.match(await refusal(put({ pool: -5 })), [400, 'Client', /greater or equal to -1/])
  t.match(await refusal(ask('PUT', path, { quota: { pool: 1 } })), [
    403,
    'Client',
    /Policy does not allow this request/
  ])
  await sim.operator.setQuota('neutron', 'dev', { port: sim.operator.quota('neutron', 'dev').port!.used })
  await t.rejects(sim.operator.createLoadBalancer({ name: 'two' }), {
    message: /409 .*Quota exceeded for resources: \['port'\]/
  })
})

t.test('a member of the project needs a role of Octavia as well', async (t) => {
  const { sim, open, ask, refusal } = await balancing(t)
  const user = [...sim.state.users.values()].find(({ name }) => name === 'infra-user')!
  for (const project of user.roles.keys()) user.roles.set(project, ['member', 'reader'])
  t.match(await refusal(ask('GET', '/loadbalancers', undefined, open('infra-user'))), [403, 'Client'])
  t.match(await ask('GET', '/loadbalancers', undefined, open('admin')), { loadbalancers: [] })
})
