import t from 'tap'
import { kindOf } from '../../../../sim/kubernetes/kinds.ts'
import { failureOf } from '../../../../src/core/failure.ts'
import {
  type RolloutRestart,
  rolloutRestart
} from '../../../../src/policies/workload-actions/actions/rollout-restart.ts'
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
    note: /^deployment erp\/erpnext restarted: 3 of 3 available after \d+ s; 3 pods replaced, web:1$/
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
    ['Unschedulable', 'Unschedulable: 0/3 nodes are available: 3 Insufficient memory.'],
    ['OOMKilled', 'CrashLoopBackOff: container web ended with exit code 137 (OOMKilled)'],
    ['ContainerCreating', 'ContainerCreating: a volume or the network is not there yet']
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

t.test('a controller that may make no pod says so', async (t) => {
  const { fake, context } = await actionWorld(t, { progressDeadlineMs: 200 })
  fake.deployment('erp', 'erpnext', 3)
  fake.stick('erpnext', 'FailedCreate')
  t.match(await rolloutRestart.perform(asked(), context), {
    outcome: 'failed',
    reason:
      /0 of 3 updated, 3 of 3 available; ReplicaFailure: FailedCreate: pods ".*" is forbidden: exceeded quota: compute/
  })
})

t.test('where there is no pod to replace, nothing was restarted', async (t) => {
  const { fake, context, changes } = await actionWorld(t)
  const cases = [
    ['Deployment', { replicas: 0 }, /has replicas 0: there is no pod to replace$/],
    ['StatefulSet', { replicas: 0 }, /has replicas 0/],
    [
      'StatefulSet',
      { replicas: 3, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 3 } } },
      /has partition 3 of 3 replicas in its update strategy: no pod would be replaced$/
    ],
    ['DaemonSet', { replicas: 0 }, /is wanted on no node/]
  ] as const
  for (const [n, [kind, spec, reason]] of cases.entries()) {
    fake.workload(kind, `erp${n}`, 'erpnext', spec)
    const input = { ...asked(), kind, namespace: `erp${n}` }
    t.match(await rolloutRestart.perform(input, context), { outcome: 'failed', called: false, reason })
  }
  t.equal(changes(), 0)
})

t.test('scaled to nothing while it restarts', async (t) => {
  let scale = () => {}
  const { fake, context } = await actionWorld(t, { rollMs: 5000, sleep: async () => scale() })
  scale = () =>
    void fake.store.patch(kindOf('Deployment'), 'erp', 'erpnext', { spec: { replicas: 0 } }, { manager: 'keda' })
  fake.deployment('erp', 'erpnext', 2)
  t.match(await rolloutRestart.perform(asked(), context), {
    outcome: 'failed',
    called: true,
    reason: /^the restart of deployment erp\/erpnext replaced nothing: it has replicas 0/
  })
})

t.test('a partition keeps pods as they are, and the outcome says how many were replaced', async (t) => {
  const { fake, context } = await actionWorld(t)
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } }
  fake.workload('StatefulSet', 'erp', 'erpnext', { replicas: 3, updateStrategy })
  t.match(await rolloutRestart.perform({ ...asked(), kind: 'StatefulSet' }, context), {
    outcome: 'changed',
    note: /; 1 pod replaced \(partition 2 keeps the others\), revision erpnext-\w+, web:1$/
  })
})

t.test('what runs then is held against the commit that was asked for', async (t) => {
  const sha = '1f2e3d4c5b6a79880011223344556677889900aa'
  const own = 'registry.example.org/apps/erpnext'
  const cases = [
    [`${own}:1f2e3d4c`, { sha, project: 'apps/erpnext' }, 'changed', /; of commit 1f2e3d4c, as asked for$/],
    [`${own}/web:main-1f2e3d4-1700000000`, { sha, project: 'apps/erpnext' }, 'changed', /as asked for$/],
    [`${own}:0a1b2c3d`, { sha, project: 'apps/erpnext' }, 'failed', /; not of commit 1f2e3d4c, which was asked for$/],
    [`${own}:latest`, { sha, project: 'apps/erpnext' }, 'changed', /whether that is commit 1f2e3d4c .* does not tell$/],
    [`${own}:20261124`, { sha, project: 'apps/erpnext' }, 'changed', /does not tell$/],
    ['docker.io/postgres:0a1b2c3d', { sha, project: 'apps/erpnext' }, 'changed', /does not tell$/],
    [`${own}:0a1b2c3d`, { none: 'the event names no commit: nothing to compare with' }, 'changed', /names no commit/]
  ] as const
  for (const [image, commit, outcome, said] of cases) {
    const { fake, context } = await actionWorld(t)
    const template = { metadata: { labels: { app: 'erpnext' } }, spec: { containers: [{ name: 'web', image }] } }
    fake.workload('Deployment', 'erp', 'erpnext', { replicas: 1, template })
    const result = await rolloutRestart.perform({ ...asked(), asked: commit }, context)
    t.equal(result.outcome, outcome, image)
    t.match('note' in result ? result.note : result.reason, said)
    t.match('note' in result ? result.note : result.reason, image, 'it says what runs now')
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
  t.match(await rolloutRestart.perform(input, context), { outcome: 'changed', note: /after \d s; 2 pods replaced/ })
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
  t.match(failureOf(error), { retryable: true, overtaken: false })
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
