import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import type { Cluster } from '../../../../src/config/config.ts'
import type { MatrixParams } from '../../../../src/policies/isolation/questions/matrix-params.ts'
import { subjectQuestion } from '../../../../src/policies/isolation/questions/subject.ts'
import type { IsolationWorldAnswer } from '../../../../src/policies/isolation/questions/subjects.ts'
import { isolationWorldQuestion } from '../../../../src/policies/isolation/questions/world.ts'
import { load } from '../../../../src/policies/questions.ts'
import { buildTools } from '../../../../src/process/tools.ts'
import { openJournal } from '../../../../src/store/open.ts'
import { simCloud } from '../../../clients/sim-cloud.ts'

const one = { networks: null, volumeTypes: [], admins: [] }
const params: MatrixParams = {
  cloud: 'admin',
  clusters: { dev: one, prod: one },
  shared: { networks: [], volumeTypes: [], images: [] },
  operators: []
}

/** The questions of a product on a simulated cloud, and how many calls each needs. */
async function questions(t: Test) {
  const { sim, open } = await simCloud(t)
  const journal = await openJournal({ path: join(t.testdir(), 'journal.db') })
  t.teardown(() => journal.close())
  const clusters = ['dev', 'prod', 'infra'].map((name) => ({ name, cloud: name }) as unknown as Cluster)
  const built = buildTools(clusters, ['admin'], { entries: sim.clouds.clouds }, journal)
  if (!built.ok) throw new Error(built.problems.join('\n'))
  t.teardown(() => built.close())
  const { tools } = built
  const query = isolationWorldQuestion({ policy: 'isolation', ...params })
  const world = async () => (await load(query, tools)) as unknown as IsolationWorldAnswer
  return { sim, open, tools, world }
}

t.test(
  'a sweep reads what touches the clusters, and asks the second time only for what may have changed',
  async (t) => {
    const { sim, open, world } = await questions(t)
    await sim.operator.bootServer({ name: 'node' })
    const dev = open('dev-user')
    const image = { name: 'shared', disk_format: 'raw', container_format: 'bare', visibility: 'shared' }
    await dev.request('image', 'POST', '/images', { body: image })
    const calls = async () => {
      const before = sim.requests.length
      const answer = await world()
      const paths = sim.requests.slice(before).map(({ service, path }) => `${service} ${path}`)
      return { answer, paths }
    }
    const [first, second] = [await calls(), await calls()]
    t.same({ ...second.answer, matrix: null }, { ...first.answer, matrix: null })
    t.match(first.answer.matrix.clusters, [{ name: 'dev' }, { name: 'prod' }])
    const details = /\/users\/[0-9a-f]+(\/application_credentials)?$|\/members$|\/projects\/[0-9a-f]+$/
    const asked = (paths: readonly string[]) => paths.filter((path) => details.test(path.split('?')[0]!)).length
    t.ok(asked(first.paths) > 5, `${asked(first.paths)} details`)
    t.equal(asked(second.paths), 0)
    t.ok(second.paths.length < first.paths.length, `${first.paths.length} calls, then ${second.paths.length}`)
    const owners = first.answer.subjects.flatMap((one) => (one.kind === 'server' ? one.projectId : []))
    t.equal(owners.length, 1)
  }
)

t.test('a part of the world is no answer', async (t) => {
  const { sim, world } = await questions(t)
  const lists: [string, string][] = [
    ['nova', '/servers/detail'],
    ['neutron', '/security-groups'],
    ['neutron', '/rbac-policies'],
    ['keystone', '/role_assignments'],
    ['keystone', '/OS-TRUST/trusts'],
    ['glance', '/images']
  ]
  for (const [service, path] of lists) {
    // Calls of the answer before may be on their way still: the fault holds until it is taken back.
    sim.faults.add({ service: service as 'nova', path, status: 500, times: 1000 })
    await t.rejects(world(), { name: 'OpenStackError', retryable: true }, `${service} ${path}`)
    sim.faults.clear()
  }
  sim.faults.add({ service: 'keystone', path: '/role_assignments', status: 403, times: 1000 })
  await t.rejects(world(), { name: 'OpenStackError', retryable: false }, 'assignments that may not be read')
  sim.faults.clear()
  t.ok((await world()).subjects.length > 0)
})

t.test('trusts that may not be read are said to be so', async (t) => {
  const { sim, world } = await questions(t)
  sim.faults.add({ service: 'keystone', path: '/OS-TRUST/trusts', status: 403 })
  const { unread, unknown, subjects } = await world()
  t.match(unread, [/^trusts are not judged: .* give the entry admin a user and password$/])
  t.same(unknown, ['trust:*'])
  t.ok(subjects.some((one) => one.kind === 'person'))
})

t.test('a server of a cell that is down is neither there nor gone', async (t) => {
  const { sim, tools, world } = await questions(t)
  const { id } = await sim.operator.bootServer({ name: 'dark' })
  sim.setCellDown(true)
  const answer = await world()
  t.same(answer.unknown, [`server:${id}`])
  t.notOk(answer.subjects.some((one) => one.kind === 'server'))
  t.ok(
    answer.subjects.some((one) => one.kind === 'port' && one.deviceId === id),
    'its ports are known'
  )
  await t.rejects(load(subjectQuestion({ cloud: 'admin', kind: 'server', id }), tools), {
    message: /is UNKNOWN: Nova cannot reach its cell/
  })
  sim.setCellDown(false)
  t.match(await load(subjectQuestion({ cloud: 'admin', kind: 'server', id }), tools), { kind: 'server', name: 'dark' })
})
