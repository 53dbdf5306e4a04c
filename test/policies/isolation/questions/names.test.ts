import t from 'tap'
import { createNameResolver } from '../../../../src/policies/isolation/questions/names.ts'

const pin = { key: 'x/clusters.dev.networks/dev-net', id: 'n-dev', at: 1, trouble: null }
const asked = { kind: 'network', where: 'clusters.dev.networks', text: 'dev-net', advice: 'write its id' } as const
const doubtOf = (certain: readonly string[], ...found: readonly string[]) => {
  const names = createNameResolver([pin], 'x/')
  names.resolve({ ...asked, certain, found: found.map((id) => ({ pin: id, ids: [id] })) })
  return names.doubts
}

t.test('renaming one’s own network puts nothing that is done about it in doubt', async (t) => {
  t.match(doubtOf(['n-dev']), [{ ids: [], why: /it was renamed/ }], 'told, and about nothing but the entry')
  t.match(doubtOf([]), [{ ids: ['n-dev'] }], 'another project’s may be meant or not')
  t.match(doubtOf(['n-dev'], 'n-else'), [{ ids: ['n-else'] }])
})
