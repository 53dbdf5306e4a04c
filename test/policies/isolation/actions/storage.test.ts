import t from 'tap'
import type { Result } from '../../../../src/core/action.ts'
import { isolationWorld } from './world.ts'

const reason = (result: Result) => ('reason' in result ? result.reason : result.note)

async function volume(t: Parameters<typeof isolationWorld>[0]) {
  const world = await isolationWorld(t)
  const body = { volume: { name: 'data', size: 1 } }
  const made = await world.open('dev-user').request('block-storage', 'POST', '/volumes', { body })
  const { id } = (made.body as { volume: { id: string } }).volume
  const one = world.sim.state.volumes.get(id)!
  while (one.status !== 'available') await new Promise((resolve) => setTimeout(resolve, 5))
  return { ...world, one, input: { volumeId: id, fromCluster: 'dev', toCluster: 'prod' } }
}

t.test('an offer that is refused is withdrawn: the volume is as it was', async (t) => {
  const { sim, performing, one, input } = await volume(t)
  sim.faults.add({ service: 'cinder', method: 'POST', path: '/accept', status: 413 })
  const refused = await performing.perform('volume-transfer', input)
  t.equal(refused.outcome, 'failed', reason(refused))
  t.match(reason(refused), /does not fit into prod: .*raise its quota of volumes and gigabytes/)
  t.equal(one.status, 'available')
  t.equal(sim.state.transfers.size, 0)
})

t.test('an offer whose answer was lost is made anew; nothing of it is kept', async (t) => {
  const { sim, performing, one, input } = await volume(t)
  sim.faults.add({ service: 'cinder', method: 'POST', path: /os-volume-transfer$/, reset: true, when: 'after' })
  t.match(await performing.attempt('volume-transfer', input).catch((error: unknown) => error), { unknownOutcome: true })
  t.equal(one.status, 'awaiting-transfer')
  const result = await performing.attempt('volume-transfer', input)
  t.equal(result.outcome, 'changed', reason(result))
  t.equal(sim.state.transfers.size, 0)
  t.equal(one.projectId, [...sim.state.projects.values()].find(({ name }) => name === 'prod')!.id)
})

t.test('each half is called by the entry of its own project, and the key is nowhere', async (t) => {
  const { sim, performing, input } = await volume(t)
  const key = new Promise<string>((resolve) => {
    const poll = setInterval(() => {
      for (const one of sim.state.transfers.values()) {
        clearInterval(poll)
        resolve(one.key)
      }
    }, 1)
  })
  sim.faults.add({ service: 'cinder', method: 'POST', path: '/accept', hangMs: 50 })
  const result = await performing.perform('volume-transfer', input)
  t.equal(result.outcome, 'changed')
  t.notMatch(JSON.stringify([result, sim.requests]), await key)
})

t.test('a volume that is busy stays where it is', async (t) => {
  const { performing, one, input } = await volume(t)
  one.status = 'extending'
  const refused = await performing.perform('volume-transfer', input)
  t.match(refused, {
    outcome: 'failed',
    called: false,
    reason: /is extending and cannot be transferred: wait until it is available/
  })
})

t.test('a type that is public by now has no access to take', async (t) => {
  const { sim, performing } = await isolationWorld(t)
  const type = [...sim.state.volumeTypes.values()].find((one) => one.public)!
  const result = await performing.perform('volume-type-access-remove', {
    ...{ cloud: 'admin', typeId: type.id, projectId: [...sim.state.projects.keys()][1]! }
  })
  t.match(result, { outcome: 'stale', reason: /is gone, or public by now/ })
})

t.test('a limit below what is used is not set', async (t) => {
  const { sim, performing, one } = await volume(t)
  const before = await performing.perform('quota-set-limit', {
    ...{ cloud: 'admin', service: 'cinder', projectId: one.projectId, resource: 'volumes', to: 0, expects: 50 }
  })
  t.match(before, { outcome: 'failed', called: false, reason: /limited to 0: 1 are in use/ })
  t.equal(sim.requests.filter((each) => each.method === 'PUT' && each.service === 'cinder').length, 0)
})
