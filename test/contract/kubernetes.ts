import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import {
  connectKubernetes,
  KubernetesError,
  type Workload,
  type WorkloadKind
} from '../../src/clients/kubernetes/kubernetes.ts'

/** What the suite needs of an API server. */
export interface KubernetesWorld {
  /** A file with the contexts admin, reader (the role view), stranger (no role), nobody (a token that nobody has). */
  readonly kubeconfig: string
  /** A call of the administrator's, past the client. */
  raw(method: string, path: string, body?: unknown, contentType?: string): Promise<RawAnswer>
}

export interface RawAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the raw objects of an API server
  readonly body: any
}

const before = async () => 10_000
const merge = 'application/merge-patch+json'
const restart = (at: string) => ({
  spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': at } } } }
})

/** What we rely on in Kubernetes, for a real API server and for the fake one; nobody runs a controller. */
export async function kubernetesContract(t: Test, world: KubernetesWorld): Promise<void> {
  const namespace = `contract-${randomUUID().slice(0, 8)}`
  const open = (context: string) => {
    const one = connectKubernetes('dev', { kubeconfig: world.kubeconfig, context }, { timeoutMs: 30_000 })
    t.teardown(() => one.close())
    return one
  }
  const [admin, reader, stranger, nobody] = [open('admin'), open('reader'), open('stranger'), open('nobody')]
  const pathOf = (kind: WorkloadKind, name: string) =>
    `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`

  async function make(kind: WorkloadKind, name: string, spec: object = {}): Promise<void> {
    const body = {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name, namespace },
      spec: {
        ...(kind === 'DaemonSet' ? {} : { replicas: 3 }),
        ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
        ...spec
      }
    }
    const answer = await world.raw('POST', `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s`, body)
    t.equal(answer.status, 201, `${kind} ${name} is made`)
  }
  async function object(kind: string, plural: string, apiVersion: string, name: string, spec: object): Promise<string> {
    const path = `/apis/${apiVersion}/namespaces/${namespace}/${plural}`
    const body = { apiVersion, kind, metadata: { name, namespace }, spec }
    t.equal((await world.raw('POST', path, body)).status, 201, `${kind} ${name} is made`)
    return `${path}/${name}`
  }
  async function refusal(call: Promise<unknown>): Promise<KubernetesError> {
    try {
      throw new Error(`expected a refusal, got ${JSON.stringify(await call)}`)
    } catch (error) {
      if (error instanceof KubernetesError) return error
      throw error
    }
  }

  const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
  t.equal((await world.raw('POST', '/api/v1/namespaces', space)).status, 201)
  t.teardown(() => world.raw('DELETE', `/api/v1/namespaces/${namespace}`))

  await t.test('reads of workloads', async (t) => {
    t.match(await stranger.version(), /^v1\.\d+\.\d+/, 'the version needs no permission')
    await make('Deployment', 'web')
    await make('StatefulSet', 'db', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } })
    await make('DaemonSet', 'agent', { updateStrategy: { type: 'OnDelete' } })
    const web = await admin.getWorkload('Deployment', namespace, 'web')
    t.match(web, {
      kind: 'Deployment',
      namespace,
      name: 'web',
      generation: 1,
      desired: 3,
      available: 0,
      selector: 'app=web'
    })
    t.match(web, { images: ['web:1'], failing: null, revision: null })
    t.match(web, {
      restartedAt: null,
      paused: false,
      deleting: false,
      partition: 0,
      stalled: null,
      changedByUsAt: null
    })
    t.match(await admin.getWorkload('StatefulSet', namespace, 'db'), { kind: 'StatefulSet', desired: 3, partition: 2 })
    t.match(await admin.getWorkload('DaemonSet', namespace, 'agent'), { desired: 0, strategy: 'OnDelete' })
    t.equal(await admin.getWorkload('Deployment', namespace, 'none'), null)
    t.equal(await admin.getWorkload('Deployment', 'no-such-namespace', 'web'), null, 'of an unknown namespace too')
  })

  await t.test('a patch of the template: generation, field manager, audit id', async (t) => {
    const at = '2026-11-24T12:00:00Z'
    const { now, patched, requestId } = await admin.patchWorkload(
      'Deployment',
      namespace,
      'web',
      () => restart(at),
      before
    )
    t.match({ now, patched }, { now: { restartedAt: at, generation: 2, observedGeneration: 0 }, patched: true })
    t.match(requestId, /^[0-9a-f-]{36}$/, 'as in its audit log')
    t.ok(Math.abs(Date.parse(now!.changedByUsAt!) - Date.now()) < 60_000, 'it wrote down when that was')
    const { body } = await world.raw('GET', pathOf('Deployment', 'web'))
    const mine = body.metadata.managedFields.filter((one: { manager: string }) => one.manager === 'stackreflex')
    t.equal(mine.length, 1, 'under our name')
    t.match(mine[0], { operation: 'Update', apiVersion: 'apps/v1' })

    const again = await admin.patchWorkload('Deployment', namespace, 'web', () => restart(at), before)
    t.equal(again.now?.resourceVersion, now?.resourceVersion, 'the same once more writes nothing')
    t.equal(again.now?.generation, 2)
    const none = await admin.patchWorkload('Deployment', namespace, 'web', () => null, before)
    t.match(none, { patched: false, requestId: null, now: { restartedAt: at } })
    const gone = await admin.patchWorkload('Deployment', namespace, 'none', () => restart(at), before)
    t.same(gone, { now: null, patched: false, requestId: null })
  })

  await t.test('the status: numbers, a rollout that its controller gave up', async (t) => {
    const condition = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' }
    const status = { observedGeneration: 2, replicas: 4, updatedReplicas: 1, readyReplicas: 3, availableReplicas: 3 }
    const body = { status: { ...status, unavailableReplicas: 1, conditions: [condition] } }
    t.equal((await world.raw('PATCH', `${pathOf('Deployment', 'web')}/status`, body, merge)).status, 200)
    const expected: Partial<Workload> = {
      observedGeneration: 2,
      current: 4,
      updated: 1,
      available: 3,
      stalled: 'timed out'
    }
    t.match(await admin.getWorkload('Deployment', namespace, 'web'), { ...expected, generation: 2, desired: 3 })

    const failure = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'exceeded quota: compute'
    }
    const failing = { status: { conditions: [condition, failure] } }
    t.equal((await world.raw('PATCH', `${pathOf('Deployment', 'web')}/status`, failing, merge)).status, 200)
    const counted = { metadata: { annotations: { 'deployment.kubernetes.io/revision': '7' } } }
    t.equal((await world.raw('PATCH', pathOf('Deployment', 'web'), counted, merge)).status, 200)
    t.match(await admin.getWorkload('Deployment', namespace, 'web'), {
      failing: 'ReplicaFailure: FailedCreate: exceeded quota: compute',
      revision: '7'
    })

    const past = { status: { replicas: 9 } }
    t.equal((await world.raw('PATCH', pathOf('Deployment', 'web'), past, merge)).status, 200)
    t.match(await admin.getWorkload('Deployment', namespace, 'web'), expected, 'only the subresource writes a status')
  })

  await t.test('somebody else is faster', async (t) => {
    const label = (value: string) =>
      world.raw('PATCH', pathOf('Deployment', 'web'), { metadata: { labels: { value } } }, merge)
    let asked = 0
    const once = await admin.patchWorkload(
      ...(['Deployment', namespace, 'web'] as const),
      (now) => {
        asked++
        return restart(now.restartedAt === 'other' ? 'never' : '2026-11-24T13:00:00Z')
      },
      async () => {
        if (asked === 1) await label('a')
        return 10_000
      }
    )
    t.match(once, { patched: true, now: { restartedAt: '2026-11-24T13:00:00Z' } })
    t.equal(asked, 2, 'it was read and compared again')
    let n = 0
    const always = async () => {
      await label(`b${n++}`)
      return 10_000
    }
    const change = () => restart('2026-11-24T14:00:00Z')
    const error = await refusal(admin.patchWorkload('Deployment', namespace, 'web', change, always))
    t.match(error, { status: 409, code: 'Conflict', method: 'PATCH', retryable: false, unknownOutcome: false })
    t.equal(n, 4, 'three times again, then no more')
  })

  await t.test('what is not allowed', async (t) => {
    const change = () => restart('2026-11-24T15:00:00Z')
    const patch = await refusal(reader.patchWorkload('Deployment', namespace, 'web', change, before))
    t.match(patch, { status: 403, code: 'Forbidden', method: 'PATCH', retryable: false })
    t.match(
      patch.message,
      `may not patch deployments in namespace ${namespace}: give the user verb patch on apps/deployments`
    )
    t.match(await reader.getWorkload('Deployment', namespace, 'web'), { name: 'web' }, 'reading is')
    const read = await refusal(stranger.getWorkload('DaemonSet', namespace, 'agent'))
    t.match(
      read.message,
      `stranger may not get daemonsets in namespace ${namespace}: give the user verb get on apps/daemonsets`
    )
    const pods = await refusal(stranger.listPods(namespace, 'app=web'))
    t.match(pods.message, `may not list pods in namespace ${namespace}: give the user verb list on pods`)
    const unknown = await refusal(nobody.getWorkload('Deployment', namespace, 'web'))
    t.match(unknown, { status: 401, code: 'Unauthorized', retryable: false })
    t.notMatch(unknown.message, 'nobody-token', 'no token in a message')
  })

  await t.test('pods and why they do not run', async (t) => {
    const path = `/api/v1/namespaces/${namespace}/pods`
    const pod = (name: string, app: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: { app } },
      spec: { containers: [{ name: 'web', image: 'web:1' }] }
    })
    for (const name of ['web-a', 'web-b']) t.equal((await world.raw('POST', path, pod(name, 'web'))).status, 201)
    t.equal((await world.raw('POST', path, pod('db-0', 'db'))).status, 201)
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 10s' }
    const container = {
      ...{ name: 'web', image: 'web:1', imageID: '', ready: false, restartCount: 3, state: { waiting } },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } }
    }
    const status = { phase: 'Running', containerStatuses: [container] }
    t.equal((await world.raw('PATCH', `${path}/web-a/status`, { status }, merge)).status, 200)
    const listed = await admin.listPods(namespace, 'app=web')
    t.same(
      listed.map((one) => one.name),
      ['web-a', 'web-b']
    )
    t.match(listed[0], { ready: false, trouble: 'CrashLoopBackOff: container web ended with exit code 1' })
    t.match(listed[1], { ready: false, trouble: null, images: ['web:1'] })
    const troubles = [
      [{ waiting: { reason: 'ContainerCreating' } }, {}, { trouble: null, starting: 'ContainerCreating' }],
      [
        { terminated: { exitCode: 137, reason: 'OOMKilled' } },
        {},
        /^OOMKilled: .* ended with exit code 137 \(OOMKilled\)$/
      ],
      [{ waiting }, { terminated: { exitCode: 137, reason: 'OOMKilled' } }, /exit code 137 \(OOMKilled\)$/],
      [
        { running: {} },
        { terminated: { exitCode: 3, reason: 'Error' } },
        /^NotReady: .*; before that it ended with exit code 3$/
      ],
      [{ waiting: { reason: 'ErrImagePull', message: 'not found' } }, {}, /^ErrImagePull: container web: not found$/]
    ] as const
    for (const [state, lastState, said] of troubles) {
      const next = { phase: 'Running', containerStatuses: [{ ...container, state, lastState }] }
      t.equal((await world.raw('PATCH', `${path}/web-b/status`, { status: next }, merge)).status, 200)
      const [, other] = await admin.listPods(namespace, 'app=web')
      t.match(other, said instanceof RegExp ? { trouble: said } : said)
    }
    t.same(await admin.listPods(namespace, 'app=none'), [])
  })

  await t.test('custom resources take a merge patch only', async (t) => {
    const flux = ['kustomize.toolkit.fluxcd.io/v1', 'Kustomization'] as const
    const path = await object('Kustomization', 'kustomizations', flux[0], 'apps', { path: './apps', suspend: true })
    t.match(await admin.getObject(...flux, namespace, 'apps'), {
      name: 'apps',
      generation: 1,
      suspended: true,
      annotations: {}
    })
    t.equal(await admin.getObject(...flux, namespace, 'none'), null)
    const strategic = await world.raw('PATCH', path, { spec: {} }, 'application/strategic-merge-patch+json')
    t.equal(strategic.status, 415, 'no strategic one')
    const annotations = { 'reconcile.fluxcd.io/requestedAt': '2026-11-24T12:00:00Z' }
    const { now, patched } = await admin.patchObject(
      ...flux,
      namespace,
      'apps',
      () => ({ metadata: { annotations } }),
      before
    )
    t.match(
      { now, patched },
      { now: { annotations, generation: 1 }, patched: true },
      'an annotation is no new generation'
    )
    t.ok(now?.changedByUsAt)
    const status = { lastHandledReconcileAt: '2026-11-24T12:00:00Z' }
    t.equal((await world.raw('PATCH', `${path}/status`, { status }, merge)).status, 200)
    t.match(await admin.getObject(...flux, namespace, 'apps'), { status })
    const release = await object('HelmRelease', 'helmreleases', 'helm.toolkit.fluxcd.io/v2', 'shop', {})
    t.ok(release)
    const source = await object('GitRepository', 'gitrepositories', 'source.toolkit.fluxcd.io/v1', 'fleet', {
      url: 'https://git.example.org/apps/fleet'
    })
    const fetched = { artifact: { revision: 'main@sha1:5a' } }
    t.equal((await world.raw('PATCH', `${source}/status`, { status: fetched }, merge)).status, 200)
    t.match(await admin.getObject('source.toolkit.fluxcd.io/v1', 'GitRepository', namespace, 'fleet'), {
      spec: { url: 'https://git.example.org/apps/fleet' },
      status: fetched
    })
    const forbidden = await refusal(reader.getObject(...flux, namespace, 'apps'))
    t.match(forbidden.message, 'give the user verb get on kustomize.toolkit.fluxcd.io/kustomizations')
    const none = await refusal(admin.getObject('example.com/v1', 'Thing', namespace, 'x'))
    t.match(none, { code: 'no_kind', retryable: false })
    t.match(none.message, 'the cluster serves no Thing of example.com/v1: is its controller installed?')
  })
}
