import t from 'tap'
import { type Annotate, annotate } from '../../src/actions/annotate.ts'
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

t.test('an annotation that nobody answers is done when it is set', async (t) => {
  const { fake, context } = await actionWorld(t)
  fake.object('Kustomization', 'flux-system', 'apps')
  const input: Annotate = { ...reconcile(), annotation: 'example.com/touched', done: null }
  t.match(await annotate.perform(input, context), { outcome: 'changed', note: /has example.com\/touched = / })
})
