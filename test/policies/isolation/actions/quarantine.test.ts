import t from 'tap'
import type { Result } from '../../../../src/core/action.ts'
import { Stopped } from '../../../../src/core/failure.ts'
import { performing } from './performing.ts'
import { isolationWorld } from './world.ts'

const reason = (result: Result) => ('reason' in result ? result.reason : result.note)

async function victim(t: Parameters<typeof isolationWorld>[0], metadata: Record<string, string> = {}) {
  const world = await isolationWorld(t)
  const { id, portIds } = await world.sim.operator.bootServer({ name: 'victim', network: 'dev-net', metadata })
  const server = world.sim.state.servers.get(id)!
  const input = { cloud: 'admin', serverId: id, projectId: server.projectId }
  return { ...world, server, port: world.sim.state.ports.get(portIds[0]!)!, input }
}

t.test('a crash between two calls loses nothing of what a release restores', async (t) => {
  for (const path of ['security-groups', '/ports/', '/action']) {
    const { sim, performing, server, port, input } = await victim(t)
    const before = { groups: port.securityGroups, pairs: port.addressPairs }
    t.equal((await performing.attempt('server-quarantine', input)).outcome, 'retry', 'written down')
    const method = path === '/ports/' ? 'PUT' : 'POST'
    const service = path === '/action' ? 'nova' : 'neutron'
    sim.faults.add({ service, method, path, reset: true, when: 'after' })
    t.match(
      await performing.attempt('server-quarantine', input).catch((error: unknown) => error),
      { unknownOutcome: true },
      `lost after ${path}`
    )
    const result = await performing.perform('server-quarantine', input)
    t.ok(['changed', 'unchanged'].includes(result.outcome), reason(result))
    t.match(server, { locked: true, vmState: 'stopped' })
    t.not(port.securityGroups.join(), before.groups.join())
    t.equal((await performing.undo(result)).outcome, 'changed')
    t.same({ groups: port.securityGroups, pairs: port.addressPairs }, before, path)
    t.match(server, { locked: false, vmState: 'active' })
    t.equal([...sim.state.securityGroups.values()].filter((one) => one.name === 'stackreflex-quarantine').length, 0)
  }
})

t.test('who must not be cut off, and who cannot be', async (t) => {
  const { sim, performing, server, input } = await victim(t)
  const other = await performing.perform('server-quarantine', { ...input, projectId: 'another' })
  t.match(other, { outcome: 'stale', reason: /is of project/ })
  sim.setCellDown(true)
  t.match(await performing.attempt('server-quarantine', input), { outcome: 'retry', reason: /its cell is down/ })
  sim.setCellDown(false)
  await sim.operator.deleteServer(server.id)
  t.match(await performing.perform('server-quarantine', input), { outcome: 'stale', reason: /does not exist/ })
  t.equal(performing.changes(), 0, 'nothing was called in all of this')
})

t.test('what a server’s own people wrote on it keeps nobody from cutting it off', async (t) => {
  const { performing, server, port, input } = await victim(t, { stackreflex: 'protected' })
  const groups = port.securityGroups.join()
  t.match(await performing.perform('server-quarantine', input), { outcome: /^(un)?changed$/ })
  t.match(server, { locked: true, vmState: 'stopped' })
  t.not(port.securityGroups.join(), groups)
})

t.test('a port of another project is not put into quarantine, whatever it says of its device', async (t) => {
  const { sim, open, performing, server, input } = await victim(t)
  const net = [...sim.state.networks.values()].find((one) => one.name === 'prod-net')!.id
  const body = { port: { network_id: net, device_id: server.id, device_owner: 'compute:nova' } }
  const made = (await open('prod-user').request('network', 'POST', '/ports', { body })).body as { port: { id: string } }
  const foreign = sim.state.ports.get(made.port.id)!
  const groups = foreign.securityGroups.join()
  t.match(await performing.perform('server-quarantine', input), { outcome: /^(un)?changed$/ })
  t.equal(foreign.securityGroups.join(), groups)
})

t.test('a group that somebody opened again is emptied, and a new port is put into it', async (t) => {
  const { sim, open, performing, server, port, input } = await victim(t)
  const result = await performing.perform('server-quarantine', input)
  const [group] = port.securityGroups
  const rule = { security_group_id: group, direction: 'ingress', remote_ip_prefix: '0.0.0.0/0' }
  await open('dev-user').request('network', 'POST', '/security-group-rules', { body: { security_group_rule: rule } })
  const { id } = await sim.operator.createPort({ network: 'dev-net2' })
  const late = sim.state.ports.get(id)!
  const groups = late.securityGroups
  Object.assign(late, { deviceId: server.id, deviceOwner: 'compute:nova' })
  const again = await performing.perform('server-quarantine', input)
  t.equal(again.outcome, 'changed', reason(again))
  t.equal([...sim.state.securityGroupRules.values()].filter((one) => one.groupId === group).length, 0)
  t.same(late.securityGroups, [group])
  t.equal(result.outcome, 'changed')
  t.equal((await performing.undo(again)).outcome, 'changed')
  t.same(late.securityGroups, groups, 'the late one gets back what it had')
})

t.test('what was locked or stopped before stays so', async (t) => {
  const { sim, open, performing, server, input } = await victim(t)
  await sim.operator.stopServer(server.id)
  await open('dev-user').request('compute', 'POST', `/servers/${server.id}/action`, { body: { lock: null } })
  const result = await performing.perform('server-quarantine', input)
  t.equal(result.outcome, 'changed', reason(result))
  t.equal((await performing.undo(result)).outcome, 'changed')
  t.match(server, { locked: true, vmState: 'stopped' })
})

t.test('a lock of somebody else is not opened by a release', async (t) => {
  const { open, performing, server, input } = await victim(t)
  const result = await performing.perform('server-quarantine', input)
  const admin = open('admin')
  const body = { lock: { locked_reason: 'forensics' } }
  await admin.request('compute', 'POST', `/servers/${server.id}/action`, { body, microversion: '2.73' })
  const undone = await performing.undo(result)
  t.equal(undone.outcome, 'failed')
  t.match(reason(undone), /locked by somebody else since \(forensics\)/)
  t.equal(server.locked, true)
})

t.test('another group of that name is not ours', async (t) => {
  const { open, performing, port, input } = await victim(t)
  const security_group = { name: 'stackreflex-quarantine', description: 'a trap' }
  await open('dev-user').request('network', 'POST', '/security-groups', { body: { security_group } })
  await performing.perform('server-quarantine', input)
  const answer = await open('admin').request('network', 'GET', `/security-groups/${port.securityGroups[0]}`)
  t.match(answer.body, { security_group: { description: 'stackreflex test', security_group_rules: [] } })
})

t.test('the group stays while another server is in it', async (t) => {
  const { sim, performing, port, input } = await victim(t)
  const other = await sim.operator.bootServer({ name: 'other', network: 'dev-net2' })
  const second = { ...input, serverId: other.id }
  const result = await performing.perform('server-quarantine', input, 'first')
  const [group] = port.securityGroups
  const kept = await performing.perform('server-quarantine', second, 'second')
  t.same(sim.state.ports.get(other.portIds[0]!)!.securityGroups, [group], 'one group for the project')
  t.equal((await performing.undo(result, 'first')).outcome, 'changed')
  t.ok(sim.state.securityGroups.has(group!))
  t.equal((await performing.undo(kept, 'second')).outcome, 'changed')
  t.notOk(sim.state.securityGroups.has(group!))
})

t.test('a stop between two calls is the end: what was not announced is not called', async (t) => {
  const { sim, tools, held, server, input } = await victim(t)
  let left = 3
  const stopping = performing(tools, held, () => {
    if (left-- === 0) throw new Stopped('stopped by ops before its call was made')
  })
  await stopping.attempt('server-quarantine', input)
  sim.requests.length = 0
  await t.rejects(stopping.attempt('server-quarantine', input), /stopped by ops/)
  const changing = sim.requests.filter((one) => one.method !== 'GET')
  t.equal(changing.length, 3, 'the group and its two rules')
  t.match(server, { locked: false, vmState: 'active' })
})

t.test('of a server that was deleted in quarantine nothing is held any more', async (t) => {
  for (const type of ['server-quarantine', 'server-release']) {
    const { sim, performing, server, input } = await victim(t)
    const result = await performing.perform('server-quarantine', input, 'it')
    await sim.operator.deleteServer(server.id).catch(() => sim.state.servers.delete(server.id))
    const after = type === 'server-release' ? performing.undo(result, 'it') : performing.perform(type, input, 'it')
    t.match(await after, { outcome: 'unchanged', applied: { value: null } }, type)
    t.notOk(performing.held.has('it'))
  }
})
