import t from 'tap'
import { world } from './world.ts'

const forward = {
  fixed: { zone: 'cloud.lab.', name: '{server}.{project}.{zone}', ptrNetworks: [] },
  floating: undefined
}
const one = async (w: Awaited<ReturnType<typeof world>>, name: string) => {
  const server = await w.operator.bootServer({ name, project: 'dev' })
  await w.settled()
  const v4 = server.addresses.filter((address) => !address.includes(':'))
  return { server, v4, now: (await w.records())[`${name}.dev.cloud.lab. A`] }
}
const creates = (w: Awaited<ReturnType<typeof world>>) =>
  w.sim.requests.filter((call) => call.user === 'reflex' && call.service === 'designate' && call.method === 'POST')

t.test('a Designate that is busy is asked again', async (t) => {
  const w = await world(t, { settings: forward })
  w.sim.faults.add({ service: 'designate', method: 'POST', status: 503, times: 3 })
  const { v4, now } = await one(w, 'busy')
  t.same(now, v4)
  const refused = w.sim.requests.filter((call) => call.method === 'POST' && call.status === 503)
  t.equal(refused.length, 3, 'three refused')
  t.equal(creates(w).length, 2, 'then A and AAAA')
})

t.test('an answer that is lost after the change was made leads to no second change', async (t) => {
  const w = await world(t, { settings: forward })
  w.sim.faults.add({ service: 'designate', method: 'POST', reset: true, when: 'after', times: 2 })
  const { server, v4, now } = await one(w, 'lost')
  t.same(now, v4)
  t.equal(creates(w).length, 2, 'one call for A, one for AAAA: the second attempt only reads')
  const ids = creates(w).map((call) => call.globalRequestId)
  t.equal(new Set(ids).size, 2)
  const attempts = (await w.journal.actions({ limit: 10 })).map((action) =>
    action.attempts.map(({ outcome }) => outcome)
  )
  t.same(attempts, [
    ['retry', 'unchanged'],
    ['retry', 'unchanged']
  ])
  await w.operator.deleteServer(server.id)
  await w.settled()
  t.same(await w.records(), {}, 'and they are ours: they go with the server')
})

t.test('a 409 for what Designate has just made for us is no stranger’s record', async (t) => {
  const w = await world(t, { settings: forward })
  w.sim.faults.add({ service: 'designate', method: 'POST', status: 409, when: 'after', times: 1 })
  const { server, v4, now } = await one(w, 'twice')
  t.same(now, v4)
  await w.operator.deleteServer(server.id)
  await w.settled()
  t.same(await w.records(), {})
})

t.test('a refusal that waiting does not mend parks the lane, and the next event tries again', async (t) => {
  const w = await world(t, { settings: forward })
  w.sim.faults.add({ service: 'designate', method: 'POST', status: 403, times: 2 })
  const { server } = await one(w, 'refused')
  const parked = await w.journal.lanes({ parked: true })
  t.match(parked, [{ key: 'name:refused.dev.cloud.lab.', parked: /403/ }])
  await w.operator.stopServer(server.id)
  await w.settled()
  t.same(await w.journal.lanes({ parked: true }), [])
  t.same(Object.keys(await w.records()).sort(), ['refused.dev.cloud.lab. A', 'refused.dev.cloud.lab. AAAA'])
})

t.test('servers of a cell that is down keep their records', async (t) => {
  const w = await world(t, { settings: forward })
  const { server, v4 } = await one(w, 'cell')
  w.sim.setCellDown(true)
  await w.operator.createPort({ project: 'dev', deviceId: server.id }).catch(() => {})
  await w.sweep()
  await w.settled()
  t.same((await w.records())['cell.dev.cloud.lab. A'], v4)
})

t.test('a policy that throws parks its own lane only', async (t) => {
  const w = await world(t, { settings: forward })
  const enabled = w.parts.policies[0]!
  const { decide } = enabled.policy
  Object.assign(w.parts, {
    policies: [
      {
        ...enabled,
        policy: {
          ...enabled.policy,
          decide: (lane: { key: string }, ...rest: never[]) => {
            if (lane.key.startsWith('name:bad')) throw new Error('boom')
            return (decide as (...args: unknown[]) => unknown)(lane, ...rest)
          }
        }
      }
    ]
  })
  const bad = await one(w, 'bad')
  const good = await one(w, 'good')
  t.equal(bad.now, undefined)
  t.same(good.now, good.v4)
  t.match(await w.journal.lanes({ parked: true }), [
    { key: 'name:bad.dev.cloud.lab.', parked: /a bug in policy dns-records: boom/ }
  ])
})
