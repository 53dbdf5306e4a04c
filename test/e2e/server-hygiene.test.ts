import t from 'tap'
import { day, settings as given, hour } from '../policies/server-hygiene/subjects.ts'
import { world } from './world.ts'

type World = Awaited<ReturnType<typeof hygiene>>

const limits = {
  servers: { error: '1h', shutoff: '1d' },
  volumes: { unattached: '1d' },
  floatingIps: { unattached: '1h', release: '2d' }
}

/** `server-hygiene` on the simulated cloud, with a clock that can be put forward. */
async function hygiene(t: Parameters<typeof world>[0], options: Parameters<typeof world>[1] = {}) {
  let ahead = 0
  const settings = given({ ...limits, ...options.settings })
  const w = await world(t, { policy: 'server-hygiene', ...options, settings, now: () => Date.now() + ahead })
  return {
    ...w,
    later: (ms: number) => {
      ahead += ms
    },
    /** A sweep, and whatever comes of it. */
    async look() {
      await w.sweep()
      await w.settled()
    },
    there: (id: string) => w.sim.state.floatingIps.has(id),
    async findings() {
      const rows = await w.journal.breaches({ policy: 'server-hygiene', open: true })
      return rows.map(({ rule, state }) => `${rule} ${state}`).sort()
    },
    deletes: () => w.sim.requests.filter(({ method, path }) => method === 'DELETE' && path.includes('/floatingips/'))
  }
}

/** Looked at from the beginning: so long nothing may be released. */
async function twoDaysLater(w: World): Promise<void> {
  await w.look()
  w.later(2 * day + hour)
  await w.look()
}

t.test('an address on nothing is told after its time, released after a longer one, and found gone', async (t) => {
  const w = await hygiene(t)
  const { id } = await w.operator.createFloatingIp({ project: 'dev' })
  await w.look()
  t.strictSame(await w.findings(), [], 'it was made a moment ago')
  w.later(2 * hour)
  await w.look()
  t.strictSame(await w.findings(), ['floating-ip-unattached noticed'])
  w.later(2 * day)
  await w.look()
  t.notOk(w.there(id), 'it is released')
  t.equal(w.deletes().length, 1)
  w.later(hour)
  await w.look()
  t.strictSame(await w.findings(), [])
  const [action] = await w.journal.actions({ limit: 1, policy: 'server-hygiene' })
  t.match(action, { type: 'floating-ip-release', state: 'done', risk: 'delete', cluster: 'dev', inverse: null })
})

t.test('however long the service says: what we have not seen ourselves for as long is not released', async (t) => {
  const w = await hygiene(t)
  const { id } = await w.operator.createFloatingIp({ project: 'dev' })
  w.later(30 * day)
  await w.look()
  t.strictSame(await w.findings(), ['floating-ip-unattached noticed'])
  t.ok(w.there(id))
})

t.test('what its people keep is told as kept, and stays', async (t) => {
  const w = await hygiene(t)
  const { id } = await w.operator.createFloatingIp({ project: 'dev' })
  w.sim.state.floatingIps.get(id)!.description = 'keep: it is in the firewall of the clinic'
  await twoDaysLater(w)
  t.strictSame(await w.findings(), ['floating-ip-unattached exempt'])
  t.ok(w.there(id))
  t.equal(w.deletes().length, 0)
})

t.test('one that was used in between begins anew, though no event and no time of change told', async (t) => {
  const w = await hygiene(t)
  const { id } = await w.operator.createFloatingIp({ project: 'dev' })
  const server = await w.operator.bootServer({ name: 'web-1' })
  await w.look()
  w.deaf(true)
  w.later(day)
  const one = w.sim.state.floatingIps.get(id)!
  const port = w.sim.state.ports.get(server.portIds[0]!)!
  Object.assign(one, { portId: port.id, fixedAddress: port.fixedIps[0]!.ip_address, routerId: 'r' })
  await w.look()
  t.strictSame(await w.findings(), [], 'in use')
  Object.assign(one, { portId: null, fixedAddress: null, routerId: null })
  w.later(day + 2 * hour)
  await w.look()
  t.strictSame(await w.findings(), ['floating-ip-unattached noticed'])
  t.ok(w.there(id), 'two days after it was first seen, and not two days unused')
})

t.test('one that somebody attaches between the look and the call stays, by Neutron’s own word', async (t) => {
  const w = await hygiene(t)
  const { id } = await w.operator.createFloatingIp({ project: 'dev' })
  const server = await w.operator.bootServer({ name: 'web-1' })
  const port = w.sim.state.ports.get(server.portIds[0]!)!
  await w.look()
  w.later(2 * day + hour)
  let attached: Promise<void> = Promise.resolve()
  const until = new Promise<void>((resolve) => {
    // The call is on its way when the address is put on a port.
    const watch = setInterval(() => {
      if (w.deletes().length === 0) return
      clearInterval(watch)
      attached = w.operator.associate(id, port.id)
      attached.then(resolve, resolve)
    }, 2)
    t.teardown(() => clearInterval(watch))
  })
  w.sim.faults.add({ service: 'neutron', method: 'DELETE', path: /floatingips/, until })
  await w.look()
  await attached
  t.ok(w.deletes().length > 0, 'it was about to be released')
  t.ok(w.there(id))
  t.equal(w.sim.state.floatingIps.get(id)!.portId, port.id)
  t.strictSame(await w.findings(), [])
})

t.test('where Neutron does not answer, or says what cannot be, nothing is released', async (t) => {
  const w = await hygiene(t)
  const { id } = await w.operator.createFloatingIp({ project: 'dev' })
  await w.look()
  w.later(2 * day + hour)
  w.sim.state.floatingIps.get(id)!.fixedAddress = '10.10.0.9'
  await w.look()
  t.ok(w.there(id))
  t.equal(w.deletes().length, 0)
})

t.test('on observe nothing is released; on a change-controlled cluster people are asked first', async (t) => {
  const w = await hygiene(t, {
    modes: { dev: 'observe' },
    settings: {
      placed: {
        dev: { mode: 'observe', tier: 'bursty' },
        prod: { mode: 'enforce', tier: 'change-controlled' }
      }
    }
  })
  const dev = await w.operator.createFloatingIp({ project: 'dev' })
  const prod = await w.operator.createFloatingIp({ project: 'prod' })
  await twoDaysLater(w)
  t.strictSame(await w.findings(), ['floating-ip-unattached closing', 'floating-ip-unattached open'])
  t.ok(w.there(dev.id))
  t.ok(w.there(prod.id))
  const asked = await w.journal.approvals({ state: 'open' })
  t.match(asked, [{ policy: 'server-hygiene', clusters: ['prod'], plan: [{ type: 'floating-ip-release' }] }])
})

t.test('a server that is off and a volume on nothing are told, and left alone', async (t) => {
  const w = await hygiene(t)
  const off = await w.operator.bootServer({ name: 'off' })
  const broken = await w.operator.bootServer({ name: 'broken' })
  await w.operator.bootServer({ name: 'running' })
  Object.assign(w.sim.state.servers.get(off.id)!, { vmState: 'stopped' })
  Object.assign(w.sim.state.servers.get(broken.id)!, { vmState: 'error' })
  await w.operator.createVolume({ name: 'data' })
  await twoDaysLater(w)
  t.strictSame(await w.findings(), ['server-error open', 'server-shutoff open', 'volume-unattached open'])
  Object.assign(w.sim.state.servers.get(off.id)!, { vmState: 'active' })
  await w.look()
  t.strictSame(await w.findings(), ['server-error open', 'volume-unattached open'])
})

t.test('a cloud without Cinder has no volumes, and all else is looked at', async (t) => {
  const w = await hygiene(t)
  w.sim.state.absent.add('volumev3')
  // The sweep alone finds it.
  w.deaf(true)
  await w.operator.createFloatingIp({ project: 'dev' })
  w.later(2 * hour)
  await w.look()
  t.strictSame(await w.findings(), ['floating-ip-unattached noticed'])
})

t.test('a storm of idle addresses is released no faster than the guard lets', async (t) => {
  const w = await hygiene(t, { share: 0.3 })
  for (let n = 0; n < 15; n++) await w.operator.createFloatingIp({ project: 'dev' })
  await twoDaysLater(w)
  const left = [...w.sim.state.floatingIps.values()].length
  t.equal(left, 5, 'ten in an hour, and the rest waits for people')
})
