import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startKubernetes } from '../../../sim/kubernetes/kubernetes.ts'
import { connectKubernetes } from '../../../src/clients/kubernetes/kubernetes.ts'
import { Stopped } from '../../../src/core/failure.ts'
import { behindDoor, until } from '../held.ts'

// Loaded with the first call, which takes seconds on a busy machine: no time-out of a call is to count that.
await import('@kubernetes/client-node')

/** A fake cluster with one deployment, our client of it, and a look that says stop after so many calls. */
async function cluster(t: Test, stopAfter: number, looked = () => {}) {
  const fake = await startKubernetes()
  t.teardown(() => fake.close())
  fake.deployment('erp', 'erpnext', 1)
  const client = clientOf(t, fake.kubeconfig)
  let looks = 0
  const before = async () => {
    // As when the journal has answered.
    await Promise.resolve()
    looked()
    if (++looks > stopAfter) throw new Stopped('stopped by alice before its call was made')
    return 20_000
  }
  const patch = () =>
    client.patchWorkload('Deployment', 'erp', 'erpnext', () => ({ metadata: { annotations: { a: 'ü' } } }), before)
  const patches = () => fake.requests.filter(({ method }) => method === 'PATCH').length
  return { fake, client, patch, patches, looks: () => looks }
}

function clientOf(t: Test, kubeconfig: string) {
  const path = join(t.testdir({}), 'kubeconfig')
  writeFileSync(path, kubeconfig)
  const client = connectKubernetes('dev', { kubeconfig: path })
  t.teardown(() => client.close())
  return client
}

t.test('what may go goes whole, looked at once', async (t) => {
  const at = await cluster(t, 9)
  t.match(await at.patch(), { patched: true, now: { name: 'erpnext' } })
  const sent = at.fake.requests.find(({ method }) => method === 'PATCH')
  t.match(sent?.body, { metadata: { annotations: { a: 'ü' } } })
  t.same([at.patches(), at.looks()], [1, 1])
})

t.test('nothing else has its turn between the look and the patch', async (t) => {
  const order: string[] = []
  const sent = () => void order.push('sent')
  subscribe('undici:request:bodyChunkSent', sent)
  t.teardown(() => unsubscribe('undici:request:bodyChunkSent', sent))
  const at = await cluster(t, 9, () => process.nextTick(() => order.push('somebody else')))
  await at.patch()
  t.same(order, ['sent', 'somebody else'])
})

t.test('a stop before the call: nothing is sent, and the API server is not to blame', async (t) => {
  const at = await cluster(t, 0)
  for (let n = 0; n < 6; n++) await t.rejects(at.patch(), Stopped)
  t.equal(at.patches(), 0)
  t.match(at.client.breaker(), { open: false, failures: 0 })
  t.ok(await at.client.getWorkload('Deployment', 'erp', 'erpnext'), 'and is asked as before')
})

t.test('a stop between a patch and its repetition', async (t) => {
  for (const [what, fault] of Object.entries({
    'another token': { method: 'PATCH', status: 401, reason: 'Unauthorized' },
    'somebody was faster': { method: 'PATCH', status: 409, reason: 'Conflict' }
  })) {
    const at = await cluster(t, 1)
    at.fake.refuse(fault)
    await t.rejects(at.patch(), Stopped, what)
    t.same([at.patches(), at.looks()], [1, 2], what)
  }
})

t.test('a stop while a patch waits for its connection', async (t) => {
  const asked: string[] = []
  const workload = { kind: 'Deployment', metadata: { name: 'erpnext', resourceVersion: '1' } }
  const door = await behindDoor(t, (request, response) => {
    asked.push(request.method!)
    // No connection is kept: the patch needs one of its own.
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(workload))
  })
  if (door === null) return void t.comment('openssl is not installed: not tested')
  const client = clientOf(
    t,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'x' },
      clusters: [{ name: 'x', cluster: { server: door.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'x', user: { token: 'x' } }],
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }]
    })
  )
  let stopped = false
  let looks = 0
  const change = () => {
    door.shut()
    return { metadata: { annotations: { a: 'b' } } }
  }
  const waiting = client
    .patchWorkload('Deployment', 'erp', 'erpnext', change, async () => {
      looks++
      if (stopped) throw new Stopped('stopped by alice before its call was made')
      return 20_000
    })
    .catch((error: unknown) => error)
  await until('the connection', () => door.waiting() === 1)
  t.equal(looks, 0)
  stopped = true
  door.open()
  t.ok((await waiting) instanceof Stopped)
  t.same([asked, looks], [['GET'], 1])
})
