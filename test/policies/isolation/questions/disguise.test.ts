import t from 'tap'
import type { PortWall } from '../../../../src/clients/neutron/forms.ts'
import { serversBefore } from '../../../../src/policies/isolation/questions/disguise.ts'
import type { EventRow } from '../../../../src/store/rows.ts'

const port = { id: 'po', projectId: 'p-dev', deviceOwner: 'network:dhcp', deviceId: 'dhcp-1' } as PortWall
const told = (deviceOwner: string, subject = 'po') => ({ subject, data: { deviceOwner } }) as unknown as EventRow
function journal(newestFirst: readonly EventRow[]) {
  const rows = newestFirst.map((one, n) => ({ ...one, seq: newestFirst.length - n }))
  return {
    events: async ({ limit, before = Number.POSITIVE_INFINITY }: { limit: number; before?: number }) =>
      rows.filter(({ seq }) => seq < before).slice(0, limit)
  }
}

t.test('whoever writes network:… on a server’s port hides nothing', async (t) => {
  const was = (events: readonly EventRow[], one = port, device: Parameters<typeof serversBefore>[1] = null) =>
    serversBefore(one, device, journal(events))
  t.equal(await was([told('network:dhcp')]), null, 'Neutron’s own')
  t.equal(await was([told('network:dhcp'), told('compute:az1')]), 'compute:az1')
  t.equal(await was([told('network:dhcp'), told('compute:az1', 'another')]), null, 'of another port')
  t.equal(await was([], port, { projectId: 'p-dev', name: 'web' }), 'compute:nova', 'its server is still named')
  t.equal(await was([], port, { projectId: 'p-prod', name: 'web' }), null, 'a server of others')
  t.equal(await was([told('compute:az1')], { ...port, deviceOwner: 'compute:az1' }), null, 'it says so itself')
  t.equal(await was([told('compute:az1')], { ...port, projectId: null }), null, 'no project of anybody')
  const storm = (count: number) => Array.from({ length: count }, () => told('network:dhcp'))
  t.equal(await was([...storm(1200), told('compute:az1')]), 'compute:az1', 'behind many changes')
  t.equal(await was(storm(6000)), 'compute:nova', 'Neutron does not change its own so often')
})
