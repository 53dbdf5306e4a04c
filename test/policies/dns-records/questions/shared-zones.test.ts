import t from 'tap'
import { loadWorld } from '../../../../src/policies/dns-records/questions/world.ts'
import type { Tools } from '../../../../src/policies/shared/tools.ts'

t.test('a zone that another project shares with ours is none of ours', async (t) => {
  const zone = (id: string, name: string, projectId: string) => ({ id, name, projectId })
  const cloud = {
    projectId: 'p-infra',
    designate: {
      listZones: async () => [
        zone('ours', '10.in-addr.arpa.', 'p-infra'),
        zone('theirs', '9.10.in-addr.arpa.', 'p-dev')
      ],
      listRecordsets: async () => []
    }
  }
  const journal = { busyLanes: async () => [], applied: async () => [], installId: async () => 'i' }
  const tools = { journal, cloud: async () => cloud, clusters: async () => [], recordsetQuota: async () => null }
  const params = { policy: 'dns-records', cloud: 'infra', zones: [], optOut: 'stackreflex' }
  const { zones } = await loadWorld(params, tools as unknown as Tools)
  t.same(zones, [{ id: 'ours', name: '10.in-addr.arpa.', count: 0 }])
})
