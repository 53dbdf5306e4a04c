import t from 'tap'
import type { FloatingIpWall } from '../../../../src/clients/neutron/forms.ts'
import { readAllNetworks } from '../../../../src/policies/isolation/questions/all-networks.ts'
import { readFloatingIp } from '../../../../src/policies/isolation/questions/floating-ip.ts'
import type { FloatingIpSubject } from '../../../../src/policies/isolation/questions/subjects.ts'
import { isolationWorld } from '../actions/world.ts'

/** An address of dev on a port of dev, as it was before the port was deleted. */
async function world(t: Parameters<typeof isolationWorld>[0]) {
  const { sim, open, tools } = await isolationWorld(t)
  const dev = open('dev-user')
  const send = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
    // biome-ignore lint/suspicious/noExplicitAny: raw answers of Neutron
    (await dev.request('network', method, path, body === undefined ? {} : { body })).body as any
  const { networks } = await send('GET', '/networks')
  const [own] = networks.filter((one: { name: string }) => one.name === 'dev-net')
  const [outer] = networks.filter((one: Record<string, unknown>) => one['router:external'])
  const { port } = await send('POST', '/ports', { port: { network_id: own.id } })
  const { floatingip } = await send('POST', '/floatingips', {
    floatingip: { floating_network_id: outer.id, port_id: port.id }
  })
  const clients = await tools.isolation('admin')
  const before = (await clients.network.getFloatingIp(floatingip.id)) as FloatingIpWall
  return { sim, clients, before, port: port.id as string, deletePort: () => send('DELETE', `/ports/${port.id}`) }
}

t.test(
  'an address whose port went between two reads is on no port; not on one whose project is not said',
  async (t) => {
    const { clients, before, port, deletePort } = await world(t)
    t.equal(before.portId, port)
    await deletePort()
    const network = { ...clients.network, getFloatingIp: async () => before }
    const one = (await readFloatingIp(before.id, { clients: { ...clients, network } } as never)) as FloatingIpSubject
    t.match(one, { id: before.id, portId: null, portProjectId: null })

    let first = true
    const listFloatingIps: typeof network.listFloatingIps = async (query) => {
      const stale = first && 'project_id' in (query?.by ?? {})
      first &&= !stale
      return stale ? [before] : clients.network.listFloatingIps(query)
    }
    const stale = { ...clients, network: { ...clients.network, listFloatingIps } }
    const { subjects } = await readAllNetworks(stale, [before.projectId!], [], [], { events: async () => [] } as never)
    t.notOk(first, 'it was listed before the port went')
    t.match(
      subjects.filter((subject) => subject.kind === 'floating-ip'),
      [{ id: before.id, portId: null }]
    )
  }
)

t.test('one that is still on a port that cannot be found stays so: whose it is is not said', async (t) => {
  const { clients, before, port } = await world(t)
  const network = {
    ...clients.network,
    getPort: async () => null,
    listPorts: async () => []
  }
  const one = (await readFloatingIp(before.id, { clients: { ...clients, network } } as never)) as FloatingIpSubject
  t.match(one, { portId: port, portProjectId: null })
  const { subjects } = await readAllNetworks({ ...clients, network }, [before.projectId!], [], [], {
    events: async () => []
  } as never)
  t.match(
    subjects.filter((subject) => subject.kind === 'floating-ip'),
    [{ portId: port, portProjectId: null }]
  )
})
