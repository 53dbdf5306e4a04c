import t from 'tap'
import { kindOf } from '../../../../sim/kubernetes/kinds.ts'
import { type Annotate, annotate } from '../../../../src/policies/workload-actions/actions/annotate.ts'
import { getDeployer } from '../../../../src/policies/workload-actions/questions/deployer.ts'
import { actionWorld } from './kubernetes-context.ts'

const reconcile = (): Annotate => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'apps',
  annotation: 'reconcile.fluxcd.io/requestedAt',
  value: new Date().toISOString(),
  done: { statusField: 'lastHandledReconcileAt' },
  expects: null
})
const refresh: Annotate = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  namespace: 'argocd',
  name: 'erp',
  annotation: 'argocd.argoproj.io/refresh',
  value: 'normal',
  done: { removed: true }
}

t.test('Flux reconciles now, once', async (t) => {
  const { fake, context, patches } = await actionWorld(t)
  fake.object('Kustomization', 'flux-system', 'apps')
  const input = reconcile()
  t.match(await annotate.perform(input, context), {
    outcome: 'changed',
    applied: { value: null },
    note: /^kustomization flux-system\/apps was handled after \d+ s: ReconciliationSucceeded: Applied revision/
  })
  t.match(await annotate.perform(input, context), { outcome: 'unchanged' })
  t.equal(patches(), 1)
  const later = { ...input, value: '2030-01-01T00:00:00Z' }
  t.match(await annotate.perform(later, context), { outcome: 'stale', reason: /; null was expected$/ })
  t.match(await annotate.perform({ ...later, expects: input.value }, context), { outcome: 'changed' })
})

t.test('Flux reconciles, and what it reconciles fails', async (t) => {
  const { fake, context } = await actionWorld(t)
  fake.object('HelmRelease', 'erp', 'shop')
  fake.stick('shop', 'InstallFailed')
  const input = {
    ...reconcile(),
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    namespace: 'erp',
    name: 'shop'
  }
  t.match(await annotate.perform(input, context), {
    outcome: 'failed',
    called: true,
    reason: /^helmrelease erp\/shop was handled after \d+ s: InstallFailed: /
  })
})

t.test('nobody handles it', async (t) => {
  const { fake, context, patches } = await actionWorld(t, { sleep: async () => {} })
  fake.object('Kustomization', 'flux-system', 'apps')
  fake.stick('apps', 'Unhandled')
  const input = reconcile()
  const first = await annotate.perform(input, context)
  t.match(first, { outcome: 'retry', afterMs: 35_000, called: true, reason: /does its controller run\?$/ })
  await new Promise((resolve) => setTimeout(resolve, 1100))
  t.match(await annotate.perform({ ...input, deadlineMs: 10 }, context), { outcome: 'failed', called: true })
  t.equal(patches(), 1)
})

t.test('Argo CD refreshes, and takes the annotation away', async (t) => {
  const { fake, context, kubernetes } = await actionWorld(t)
  fake.object('Application', 'argocd', 'erp')
  t.match(await annotate.perform(refresh, context), {
    outcome: 'changed',
    note: /^application argocd\/erp was handled after \d+ s: Synced, Healthy$/
  })
  const now = await kubernetes.getObject('argoproj.io/v1alpha1', 'Application', 'argocd', 'erp')
  t.same(now?.annotations, {})
})

t.test('what is not there, suspended, or not served', async (t) => {
  const { fake, context, changes } = await actionWorld(t)
  t.match(await annotate.perform(reconcile(), context), { outcome: 'stale', reason: /does not exist$/ })
  fake.object('Kustomization', 'flux-system', 'apps', { suspend: true })
  t.match(await annotate.perform(reconcile(), context), { outcome: 'failed', called: false, reason: /is suspended/ })
  const nothing = { ...reconcile(), apiVersion: 'example.com/v1', kind: 'Thing' }
  await t.rejects(annotate.perform(nothing, context), /the cluster serves no Thing of example.com\/v1/)
  t.equal(changes(), 0)
})

const old = 'main@sha1:00000000aaaabbbbccccddddeeeeffff00001111'
const sha = '1f2e3d4c5b6a79880011223344556677889900aa'
const fleet = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'fleet'
}
const asked = { sha, project: 'apps/fleet' }

t.test('a Kustomization whose source was not fetched is not done, though Flux has handled it', async (t) => {
  const { fake, context } = await actionWorld(t)
  fake.publish('fleet', old)
  fake.object('GitRepository', 'flux-system', 'fleet', { url: 'https://git.example.org/apps/fleet' })
  fake.object('Kustomization', 'flux-system', 'apps', { sourceRef: { kind: 'GitRepository', name: 'fleet' } })
  fake.publish('fleet', `main@sha1:${sha}`)
  const input: Annotate = { ...reconcile(), source: fleet, asked, before: old }
  t.match(await annotate.perform(input, context), {
    outcome: 'retry',
    called: true,
    reason:
      /was handled, and is not done .*main@sha1:00000000\S+ \(as before\); commit 1f2e3d4c, which was asked for, is not there$/
  })
})

t.test('the source first, then what applies it: done is of the commit that was asked for', async (t) => {
  const { fake, context } = await actionWorld(t)
  fake.publish('fleet', old)
  fake.object('GitRepository', 'flux-system', 'fleet', { url: 'https://git.example.org/apps/fleet' })
  fake.object('Kustomization', 'flux-system', 'apps', { sourceRef: { kind: 'GitRepository', name: 'fleet' } })
  fake.publish('fleet', `main@sha1:${sha}`)
  const input: Annotate = { ...reconcile(), source: fleet, asked, before: old }
  t.match(await annotate.perform({ ...reconcile(), ...fleet }, context), { outcome: 'changed' })
  t.match(await annotate.perform(input, context), {
    outcome: 'changed',
    note: new RegExp(`, main@sha1:${sha} \\(before: ${old}\\); of commit 1f2e3d4c, as asked for$`)
  })
})

t.test('an old revision beside a newer one in its source is not done', async (t) => {
  const { fake, context } = await actionWorld(t)
  fake.object('GitRepository', 'flux-system', 'fleet')
  fake.object('Kustomization', 'flux-system', 'apps', { sourceRef: { kind: 'GitRepository', name: 'fleet' } })
  const artifact = { revision: `main@sha1:${sha}` }
  const by = { manager: 'source-controller', subresource: 'status' } as const
  const input: Annotate = { ...reconcile(), source: fleet }
  const done = { ...(await annotate.perform(input, context)) }
  t.match(done, { outcome: 'changed' })
  fake.store.patch(kindOf('GitRepository'), 'flux-system', 'fleet', { status: { artifact } }, by)
  t.match(await annotate.perform(input, context), {
    outcome: 'retry',
    reason: new RegExp(`it has main@sha1:5a, and its source gitrepository flux-system/fleet main@sha1:${sha}$`)
  })
  fake.store.remove(kindOf('GitRepository'), 'flux-system', 'fleet')
  t.match(await annotate.perform(input, context), { outcome: 'failed', reason: /does not exist any more$/ })
})

t.test('Ready=Unknown and a dependency that is not ready are waited for, and never done', async (t) => {
  for (const [reason, said] of [
    ['Progressing', /Ready is Unknown: Progressing/],
    ['DependencyNotReady', /DependencyNotReady: /]
  ] as const) {
    const { fake, context } = await actionWorld(t)
    fake.object('Kustomization', 'flux-system', 'apps')
    fake.stick('apps', reason)
    const input = reconcile()
    t.match(await annotate.perform(input, context), { outcome: 'retry', called: true, reason: said })
    t.match(await annotate.perform({ ...input, deadlineMs: -1 }, context), { outcome: 'failed', reason: said })
    fake.unstick('apps')
    for (let tries = 0; tries < 200; tries++) {
      const { conditions } = fake.store.get(kindOf('Kustomization'), 'flux-system', 'apps').status
      if ((conditions as { status: string }[])[0]?.status === 'True') break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    t.match(await annotate.perform(input, context), { outcome: 'unchanged' }, `${reason} went by`)
  }
})

t.test('every source of Flux is a kind', async (t) => {
  const { fake, context, kubernetes } = await actionWorld(t)
  for (const kind of ['GitRepository', 'OCIRepository', 'HelmRepository', 'HelmChart', 'Bucket', 'ImageRepository']) {
    fake.object(kind, 'flux-system', 'one')
    const { apiVersion } = await getDeployer(kubernetes, { kind, namespace: 'flux-system', name: 'one' })
    const input = { ...reconcile(), apiVersion, kind, name: 'one' }
    t.match(await annotate.perform(input, context), { outcome: 'changed', note: /was handled after/ }, kind)
  }
})

t.test('a release has the chart of its repository, and the commit that the chart was made of', async (t) => {
  const { fake, context, kubernetes } = await actionWorld(t)
  fake.publish('charts', `main@sha1:${sha}`)
  fake.publish('erp-shop', '1.2.3')
  fake.object('GitRepository', 'erp', 'charts')
  fake.object('HelmRelease', 'erp', 'shop', {
    chart: { spec: { sourceRef: { kind: 'GitRepository', name: 'charts' } } }
  })
  const chart = { ...fleet, kind: 'HelmChart', namespace: 'erp', name: 'erp-shop' }
  const shop = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace: 'erp', name: 'shop' }
  const input: Annotate = { ...reconcile(), ...shop, source: chart, asked, before: '1.2.2' }
  t.match(await annotate.perform(input, context), {
    outcome: 'changed',
    note: /, 1\.2\.3 \(before: 1\.2\.2\); of commit 1f2e3d4c, as asked for$/
  })
  t.equal((await kubernetes.getObject(shop.apiVersion, 'HelmRelease', 'erp', 'shop'))?.status.helmChart, 'erp/erp-shop')
})

t.test('Argo CD compared with an error, or came to nothing: not done', async (t) => {
  const { fake, context } = await actionWorld(t)
  fake.object('Application', 'argocd', 'erp')
  fake.stick('erp', 'ComparisonError')
  t.match(await annotate.perform(refresh, context), {
    outcome: 'failed',
    called: true,
    reason: /ComparisonError: ComparisonError: rpc error: manifests$/
  })
  fake.stick('erp', 'Unknown')
  t.match(await annotate.perform(refresh, context), {
    outcome: 'retry',
    reason: /its comparison came to Unknown, Healthy$/
  })
})

t.test('no password of an address in a message is repeated, nor a whole manifest', async (t) => {
  const { fake, context } = await actionWorld(t)
  fake.object('Kustomization', 'flux-system', 'apps')
  const message = `unable to clone 'https://oauth2:glpat-secret@git.example.org/x': ${'y'.repeat(9000)}`
  const conditions = [{ type: 'Ready', status: 'False', reason: 'BuildFailed', message }]
  const input = reconcile()
  const status = { conditions, lastHandledReconcileAt: input.value }
  const by = { manager: 'kustomize-controller', subresource: 'status' } as const
  fake.stick('apps', 'Unhandled')
  fake.store.patch(kindOf('Kustomization'), 'flux-system', 'apps', { status }, by)
  const result = await annotate.perform(input, context)
  t.match(result, { outcome: 'failed', reason: /unable to clone 'https:\/\/git\.example\.org\/x'/ })
  t.ok('reason' in result && result.reason.length < 1200)
})

t.test('a refresh of what does not sync by itself says so; what does is waited for', async (t) => {
  for (const automated of [undefined, {}]) {
    const { fake, context } = await actionWorld(t)
    fake.object('Application', 'argocd', 'erp', { syncPolicy: { automated } })
    fake.stick('erp', 'OutOfSync')
    const result = await annotate.perform(refresh, context)
    if (automated) t.match(result, { outcome: 'retry', reason: /it syncs by itself, and has not yet$/ })
    else t.match(result, { outcome: 'changed', note: /OutOfSync, Healthy: compared, and a refresh does not sync$/ })
  }
  const { fake, context } = await actionWorld(t)
  fake.publish('erp', sha)
  fake.object('Application', 'argocd', 'erp')
  t.match(await annotate.perform({ ...refresh, asked }, context), {
    note: new RegExp(`Synced, Healthy, ${sha}; of commit 1f2e3d4c, as asked for$`)
  })
})

t.test('somebody who asks again while we wait gets one look for both', async (t) => {
  const { fake, context } = await actionWorld(t)
  fake.object('Kustomization', 'flux-system', 'apps')
  const input = reconcile()
  const annotations = { [input.annotation]: '2031-01-01T00:00:00Z' }
  const sleep = async (ms: number) => {
    fake.store.patch(kindOf('Kustomization'), 'flux-system', 'apps', { metadata: { annotations } }, { manager: 'flux' })
    await context.sleep(ms)
  }
  t.match(await annotate.perform(input, { ...context, sleep }), { outcome: 'changed' })
})

t.test('an annotation that nobody answers is done when it is set', async (t) => {
  const { fake, context } = await actionWorld(t)
  fake.object('Kustomization', 'flux-system', 'apps')
  const input: Annotate = { ...reconcile(), annotation: 'example.com/touched', done: null }
  t.match(await annotate.perform(input, context), { outcome: 'changed', note: /has example.com\/touched = / })
})
