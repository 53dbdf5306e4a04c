import t from 'tap'
import type { Result } from '../../../../src/core/action.ts'
import { failureOf } from '../../../../src/core/failure.ts'
import { requestId } from './performing.ts'
import { isolationWorld } from './world.ts'

const reason = (result: Result) => ('reason' in result ? result.reason : result.note)

/** A network of dev with a share for prod. */
async function shared(t: Parameters<typeof isolationWorld>[0]) {
  const world = await isolationWorld(t)
  const { open } = world
  const [devUser, prodUser] = [open('dev-user'), open('prod-user')]
  const [dev, prod] = await Promise.all([devUser.projectId(), prodUser.projectId()])
  const body = { network: { name: 'shared' } }
  const net = ((await devUser.request('network', 'POST', '/networks', { body })).body as { network: { id: string } })
    .network
  const rbac_policy = { object_type: 'network', object_id: net.id, action: 'access_as_shared', target_tenant: prod }
  const made = await devUser.request('network', 'POST', '/rbac-policies', { body: { rbac_policy } })
  const { id } = (made.body as { rbac_policy: { id: string } }).rbac_policy
  const policy = {
    ...{ cloud: 'admin', id, objectType: 'network', objectId: net.id, action: 'access_as_shared', target: prod },
    projectId: dev
  }
  return { ...world, devUser, prodUser, net, policy, dev, prod }
}

t.test('every changing call carries the action’s request id, and is announced before', async (t) => {
  const { sim, performing, policy } = await shared(t)
  sim.requests.length = 0
  const result = await performing.perform('rbac-policy-delete', policy)
  const changing = sim.requests.filter((one) => one.method !== 'GET' && one.service === 'neutron')
  t.same(
    changing.map((one) => `${one.method} ${one.path}`),
    [`DELETE /v2.0/rbac-policies/${policy.id}`]
  )
  t.equal(changing[0]!.globalRequestId, requestId)
  t.equal(performing.changes(), 1)
  t.match(result, { requestId: changing[0]!.requestId }, 'the result has Neutron’s own')
})

t.test('an answer that was lost: the next attempt finds it done', async (t) => {
  const { sim, performing, policy } = await shared(t)
  sim.faults.add({ service: 'neutron', method: 'DELETE', reset: true, when: 'after' })
  const lost = await performing.attempt('rbac-policy-delete', policy).catch((error: unknown) => error)
  t.match(lost, { unknownOutcome: true, retryable: true })
  t.equal((await performing.attempt('rbac-policy-delete', policy)).outcome, 'unchanged')
})

t.test('what cannot be read back is still done, and can be taken back', async (t) => {
  const { sim, performing, policy } = await shared(t)
  sim.faults.add({ service: 'neutron', method: 'GET', path: 'rbac-policies', skip: 1, status: 500 })
  const result = await performing.attempt('rbac-policy-delete', policy)
  t.match(result, {
    outcome: 'changed',
    inverse: { type: 'rbac-policy-create' },
    note: /could not be read back: .*500/
  })
  t.equal((await performing.undo(result)).outcome, 'changed')
})

t.test('somebody who was faster is no failure of ours', async (t) => {
  const { sim, performing, policy } = await shared(t)
  sim.faults.add({ service: 'neutron', method: 'DELETE', path: 'rbac-policies', status: 404 })
  // The pipeline makes a stale plan of it.
  const overtaken = await performing.attempt('rbac-policy-delete', policy).catch(failureOf)
  t.match(overtaken, { overtaken: true })
})

t.test('a share that another policy gives as well can be ended while it is used', async (t) => {
  const { open, prodUser, performing, policy, net } = await shared(t)
  await open('admin').request('network', 'PUT', `/networks/${net.id}`, { body: { network: { shared: true } } })
  await prodUser.request('network', 'POST', '/ports', { body: { port: { network_id: net.id } } })
  t.equal((await performing.perform('rbac-policy-delete', policy)).outcome, 'changed')
  const unshare = await performing.perform('network-unshare', { cloud: 'admin', id: net.id })
  t.equal(unshare.outcome, 'failed', 'the last one that its users live by is not')
})

t.test('a share is not made again where its project has no room for policies', async (t) => {
  const { sim, performing, policy, dev, devUser, prod } = await shared(t)
  const result = await performing.perform('rbac-policy-delete', policy)
  for (let n = 0; n < 10; n++) {
    const made = await devUser.request('network', 'POST', '/address-scopes', {
      body: { address_scope: { name: `${n}` } }
    })
    const { id } = (made.body as { address_scope: { id: string } }).address_scope
    const rbac_policy = { object_type: 'address_scope', object_id: id, action: 'access_as_shared', target_tenant: prod }
    await devUser.request('network', 'POST', '/rbac-policies', { body: { rbac_policy } })
  }
  t.equal([...sim.state.rbacPolicies.values()].filter((one) => one.projectId === dev).length, 10)
  const undone = await performing.undo(result)
  t.equal(undone.outcome, 'failed')
  t.match(reason(undone), /cannot be made again: .*Quota exceeded.*; raise rbac_policy/)
})

t.test('a router keeps what floating IPs need', async (t) => {
  const { sim, performing } = await isolationWorld(t)
  const server = await sim.operator.bootServer({ name: 'web', network: 'dev-net' })
  const fip = await sim.operator.createFloatingIp({ portId: server.portIds[0]! })
  const port = sim.state.ports.get(server.portIds[0]!)!
  const subnetId = port.fixedIps.find((one) => !one.ip_address.includes(':'))!.subnet_id
  const inside = [...sim.state.ports.values()].find(
    (one) => one.deviceOwner === 'network:router_interface' && one.fixedIps[0]!.subnet_id === subnetId
  )!
  const input = { cloud: 'admin', routerId: inside.deviceId, portId: inside.id, subnetId }
  const refused = await performing.perform('router-interface-remove', input)
  t.equal(refused.outcome, 'failed')
  t.match(reason(refused), /needs it for floating IPs behind it .*floating-ip-disassociate/)
  await performing.perform('floating-ip-disassociate', { cloud: 'admin', id: fip.id, portId: server.portIds[0]! })
  t.equal((await performing.perform('router-interface-remove', input)).outcome, 'changed')
})

t.test('an address that somebody else took is not taken back', async (t) => {
  const { sim, performing } = await isolationWorld(t)
  const router = [...sim.state.routers.values()][0]!
  const inside = [...sim.state.ports.values()].find((one) => one.deviceId === router.id)!
  const { subnet_id, ip_address } = inside.fixedIps[0]!
  const input = { cloud: 'admin', routerId: router.id, portId: inside.id, subnetId: subnet_id }
  const removed = await performing.perform('router-interface-remove', input)
  const taker = await sim.operator.createPort({ network: 'dev-net' })
  Object.assign(sim.state.ports.get(taker.id)!, { fixedIps: [{ subnet_id, ip_address }], deviceId: 'somebody' })
  const undone = await performing.undo(removed)
  t.equal(undone.outcome, 'failed')
  t.match(reason(undone), new RegExp(`its address ${ip_address} is port ${taker.id}’s now`))
})

t.test('a port that Nova does not let go yet is waited for', async (t) => {
  const { sim, performing } = await isolationWorld(t)
  const server = await sim.operator.bootServer({ name: 'web', network: 'dev-net' })
  const portId = server.portIds[0]!
  const port = sim.state.ports.get(portId)!
  const { networkId, projectId } = port
  sim.state.bootMs = 2000
  const input = { cloud: 'admin', serverId: server.id, portId, networkId, projectId }
  const result = await performing.perform('server-interface-detach', input)
  t.equal(result.outcome, 'changed', reason(result))
  t.notOk(sim.state.ports.has(portId), 'read back until it was off')
  sim.state.bootMs = 10
  const undone = await performing.undo(result)
  t.equal(undone.outcome, 'changed', reason(undone))
  const again = [...sim.state.ports.values()].find((one) => one.deviceId === server.id)!
  t.match(again, { mac: port.mac, fixedIps: port.fixedIps, securityGroups: port.securityGroups })
})

t.test('a detachment that Nova answered and forgot is asked for once more', async (t) => {
  const { sim, performing } = await isolationWorld(t)
  const server = await sim.operator.bootServer({ name: 'web', network: 'dev-net' })
  const portId = server.portIds[0]!
  const { networkId, projectId } = sim.state.ports.get(portId)!
  sim.state.forgottenDetachments = 1
  const input = { cloud: 'admin', serverId: server.id, portId, networkId, projectId }
  t.match(await performing.attempt('server-interface-detach', input), { outcome: 'retry', afterMs: 1000 })
  const result = await performing.perform('server-interface-detach', input)
  t.equal(result.outcome, 'changed', reason(result))
  t.notOk(sim.state.ports.has(portId))
})

t.test('a port that was there before its server stays, and goes back itself', async (t) => {
  const { sim, open, performing } = await isolationWorld(t)
  const server = await sim.operator.bootServer({ name: 'web', network: 'dev-net' })
  const { id } = await sim.operator.createPort({ network: 'dev-net2' })
  const body = { interfaceAttachment: { port_id: id } }
  await open('dev-user').request('compute', 'POST', `/servers/${server.id}/os-interface`, { body })
  const { networkId, projectId } = sim.state.ports.get(id)!
  const input = { cloud: 'admin', serverId: server.id, portId: id, networkId, projectId }
  const result = await performing.perform('server-interface-detach', input)
  t.equal(result.outcome, 'changed', reason(result))
  t.equal(sim.state.ports.get(id)?.deviceId, '', 'Nova keeps what it did not make')
  const undone = await performing.undo(result)
  t.equal(undone.outcome, 'changed', reason(undone))
  t.equal(sim.state.ports.get(id)?.deviceId, server.id, 'the very port')
})
