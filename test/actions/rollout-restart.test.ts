import t from 'tap'
import { kindOf } from '../../sim/kubernetes/kinds.ts'
import { type RolloutRestart, rolloutRestart } from '../../src/actions/rollout-restart.ts'
import { failureOf } from '../../src/core/failure.ts'
import { actionWorld } from './kubernetes-context.ts'

const asked = (): RolloutRestart => ({
  kind: 'Deployment',
  namespace: 'erp',
  name: 'erpnext',
  restartedAt: new Date().toISOString(),
  expects: null
})
const applied = { target: 'kubernetes/dev/Deployment/erp/erpnext', scope: 'kubernetes/dev', value: null }

t.test('restarts once, and waits until all new pods are available', async (t) => {
  const { fake, context, kubernetes, changes, patches } = await actionWorld(t)
  fake.deployment('erp', 'erpnext', 3)
  const input = asked()
  const old = (await kubernetes.listPods('erp', 'app=erpnext')).map((one) => one.name)
  const result = await rolloutRestart.perform(input, context)
  t.match(result, {
    outcome: 'changed',
    applied,
    note: /^deployment erp\/erpnext restarted: 3 of 3 available after \d+ s$/
  })
  t.match((result as { requestId?: string }).requestId, /^[0-9a-f-]{36}$/)
  t.notOk('inverse' in result, 'a restart cannot be taken back')
  const now = (await kubernetes.listPods('erp', 'app=erpnext')).map((one) => one.name)
  t.equal(now.length, 3)
  t.notOk(
    now.some((name) => old.includes(name)),
    'every pod is another one'
  )

  const again = await rolloutRestart.perform(input, context)
  t.match(again, { outcome: 'unchanged', applied })
  t.same([changes(), patches()], [1, 1], 'the same once more only reads')
})

t.test('StatefulSets and DaemonSets', async (t) => {
  const { fake, context } = await actionWorld(t)
  for (const kind of ['StatefulSet', 'DaemonSet'] as const) {
    fake.workload(kind, 'erp', 'erpnext', kind === 'StatefulSet' ? { replicas: 2 } : {})
    const result = await rolloutRestart.perform({ ...asked(), kind }, context)
    t.match(result, {
      outcome: 'changed',
      note: new RegExp(`^${kind.toLowerCase()} erp/erpnext restarted: (1|2) of \\1`)
    })
  }
})

t.test('somebody else restarted it since the plan', async (t) => {
  const { fake, context, changes } = await actionWorld(t)
  fake.deployment('erp', 'erpnext', 1)
  const first = asked()
  t.match(await rolloutRestart.perform(first, context), { outcome: 'changed' })
  const result = await rolloutRestart.perform({ ...first, restartedAt: '2030-01-01T00:00:00Z' }, context)
  t.match(result, {
    outcome: 'stale',
    reason: `deployment erp/erpnext was restarted at ${first.restartedAt}, not null`
  })
  t.equal(changes(), 1)
  const next = { ...first, restartedAt: '2030-01-01T00:00:00Z', expects: first.restartedAt }
  t.match(await rolloutRestart.perform(next, context), { outcome: 'changed' }, 'as was expected')
})

t.test('what a restart would not restart is not touched', async (t) => {
  const { fake, context, changes } = await actionWorld(t)
  t.match(await rolloutRestart.perform(asked(), context), { outcome: 'stale', reason: /does not exist/ })
  fake.workload('Deployment', 'erp', 'erpnext', { paused: true })
  t.match(await rolloutRestart.perform(asked(), context), { outcome: 'failed', called: false, reason: /is paused/ })
  fake.workload('DaemonSet', 'erp', 'erpnext', { updateStrategy: { type: 'OnDelete' } })
  const onDelete = await rolloutRestart.perform({ ...asked(), kind: 'DaemonSet' }, context)
  t.match(onDelete, { outcome: 'failed', called: false, reason: /OnDelete/ })
  t.equal(changes(), 0)
})

t.test('a rollout that its controller gives up: which pod, and why', async (t) => {
  for (const [reason, said] of [
    ['CrashLoopBackOff', 'CrashLoopBackOff: container web ended with exit code 1'],
    ['ImagePullBackOff', 'ImagePullBackOff: container web: Back-off pulling image "web:latest"'],
    ['Unschedulable', 'Unschedulable: 0/3 nodes are available: 3 Insufficient memory.']
  ] as const) {
    const { fake, context } = await actionWorld(t, { progressDeadlineMs: 200 })
    fake.deployment('erp', 'erpnext', 3)
    fake.stick('erpnext', reason)
    const result = await rolloutRestart.perform(asked(), context)
    t.match(result, { outcome: 'failed', called: true })
    t.match(
      (result as { reason: string }).reason,
      /^the restart of deployment erp\/erpnext is given up by its controller: 1 of 3 updated, 3 of 3 available; pod erpnext-\w+-0: /
    )
    t.match((result as { reason: string }).reason, said)
  }
})

t.test('a long rollout is looked at again later, and fails at its deadline', async (t) => {
  // Watches for 40 s by the sleeps that it asked for.
  const { fake, context, patches } = await actionWorld(t, { sleep: async () => {} })
  fake.deployment('erp', 'erpnext', 2)
  fake.stick('erpnext', 'CrashLoopBackOff')
  const input = asked()
  const first = await rolloutRestart.perform(input, context)
  t.match(first, { outcome: 'retry', afterMs: 35_000, called: true, reason: /still restarts after \d+ s/ })
  t.match(await rolloutRestart.perform(input, context), { outcome: 'retry' })
  t.equal(patches(), 1, 'which only reads')
  // The API server's clock knows whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100))
  const over = await rolloutRestart.perform({ ...input, deadlineMs: 10 }, context)
  t.match(over, {
    outcome: 'failed',
    called: true,
    reason: /not available after \d+ s.*; pod erpnext-\w+-0: CrashLoopBackOff/
  })
})

t.test('the deadline counts from our patch, however long an approval took', async (t) => {
  const { fake, context } = await actionWorld(t)
  fake.deployment('erp', 'erpnext', 2)
  const input = { ...asked(), restartedAt: '2026-01-01T00:00:00Z', deadlineMs: 60_000 }
  t.match(await rolloutRestart.perform(input, context), { outcome: 'changed', note: /after \d s$/ })
})

t.test('taken back by somebody during the rollout', async (t) => {
  let fakeNow: Awaited<ReturnType<typeof actionWorld>>['fake'] | undefined
  const { fake, context } = await actionWorld(t, {
    rollMs: 5000,
    sleep: async () => {
      const annotations = { 'kubectl.kubernetes.io/restartedAt': null }
      const patch = { spec: { template: { metadata: { annotations } } } }
      fakeNow?.store.patch(kindOf('Deployment'), 'erp', 'erpnext', patch, { manager: 'argocd-controller' })
    }
  })
  fakeNow = fake
  fake.deployment('erp', 'erpnext', 2)
  const result = await rolloutRestart.perform(asked(), context)
  t.match(result, {
    outcome: 'failed',
    called: true,
    reason: /somebody took the restart of deployment erp\/erpnext back/
  })
})

t.test('an answer that was lost: the next attempt sees what was done', async (t) => {
  const { fake, context, patches } = await actionWorld(t)
  fake.deployment('erp', 'erpnext', 1)
  fake.refuse({ method: 'PATCH', reset: true, when: 'after' })
  const input = asked()
  const error = await rolloutRestart.perform(input, context).catch((thrown) => thrown)
  t.match(failureOf(error), { retryable: true, overtaken: false, unsent: false })
  t.match(error.message, /whether it was performed is unknown$/)
  t.match(await rolloutRestart.perform(input, context), { outcome: 'unchanged' })
  t.equal(patches(), 1)
})

t.test('without the permission', async (t) => {
  const { fake, context } = await actionWorld(t, { user: 'reader' })
  fake.deployment('erp', 'erpnext', 1)
  const error = await rolloutRestart.perform(asked(), context).catch((thrown) => thrown)
  t.match(failureOf(error), { retryable: false, overtaken: false })
  t.match(
    error.message,
    'reader may not patch deployments in namespace erp: give the user verb patch on apps/deployments'
  )
})

t.test('a scope that names no cluster', async (t) => {
  const { context } = await actionWorld(t)
  await t.rejects(
    rolloutRestart.perform(asked(), { ...context, scope: 'zone/x' }),
    /is not the scope of an action on Kubernetes/
  )
  await t.rejects(rolloutRestart.perform(asked(), { ...context, scope: 'kubernetes/prod' }), /'prod' has no kubernetes/)
})
