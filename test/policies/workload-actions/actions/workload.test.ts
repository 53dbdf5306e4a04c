import t from 'tap'
import { load } from '../../../../src/policies/questions.ts'
import { type WorkloadAnswer, workloadQuery } from '../../../../src/policies/workload-actions/questions/workload.ts'
import { actionWorld } from './kubernetes-context.ts'

t.test('the question: how is this workload now?', async (t) => {
  const { fake, tools } = await actionWorld(t)
  const ask = (kind: string, namespace: string, name: string) =>
    load(workloadQuery({ cluster: 'dev', kind, namespace, name }), tools)
  fake.deployment('erp', 'erpnext', 2)
  t.same(await ask('Deployment', 'erp', 'erpnext'), {
    ...{ cluster: 'dev', kind: 'Deployment', namespace: 'erp', name: 'erpnext', status: 'present' },
    ...{ reason: '2 of 2 available', restartedAt: null, replicas: 2, available: 2, updated: 2 },
    ...{ generation: 1, observedGeneration: 1, paused: false, cannot: null }
  })
  t.match(await ask('Deployment', 'erp', 'none'), { status: 'gone', replicas: null, reason: 'does not exist (404)' })
  fake.object('Kustomization', 'flux-system', 'apps', { suspend: true })
  t.match(await ask('Kustomization', 'flux-system', 'apps'), {
    status: 'present',
    reason: 'is there, suspended',
    paused: true
  })
  t.match(await ask('HelmRelease', 'flux-system', 'none'), { status: 'gone' })
  t.match(await ask('CronJob', 'erp', 'x'), {
    status: 'unknown',
    reason: /^no kind is called 'CronJob'; kinds are: Deployment/
  })
  fake.refuse({ status: 503, reason: 'ServiceUnavailable' })
  await t.rejects(ask('Deployment', 'erp', 'erpnext'), /answered 503/, 'what could not be read is no answer')
})

t.test('what Flux applies is read with what it is made of, the first link first', async (t) => {
  const { fake, tools } = await actionWorld(t)
  const ask = async (kind: string, namespace: string, name: string) =>
    (await load(workloadQuery({ cluster: 'dev', kind, namespace, name }), tools)) as unknown as WorkloadAnswer
  const url = 'https://git.example.org/apps/fleet.git'
  fake.object('GitRepository', 'flux-system', 'fleet', { url, ref: { branch: 'main' } })
  const sourceRef = { kind: 'GitRepository', name: 'fleet', namespace: 'flux-system' }
  fake.object('Kustomization', 'apps', 'apps', { sourceRef })
  t.match(await ask('Kustomization', 'apps', 'apps'), {
    status: 'present',
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    revision: 'main@sha1:5a',
    sources: [{ kind: 'GitRepository', namespace: 'flux-system', name: 'fleet', status: 'present', suspended: false }],
    follows: [{ url, branch: 'main' }]
  })
  fake.object('HelmRelease', 'erp', 'shop', { chart: { spec: { sourceRef } } })
  const shop = await ask('HelmRelease', 'erp', 'shop')
  t.same(
    shop.sources?.map(({ kind }) => kind),
    ['GitRepository', 'HelmChart']
  )
  t.same(shop.follows, [{ url, branch: 'main' }])

  fake.object('HelmRepository', 'erp', 'registry', { type: 'oci', url: 'oci://registry.example.org/charts' })
  fake.object('HelmRelease', 'erp', 'blog', {
    chart: { spec: { sourceRef: { kind: 'HelmRepository', name: 'registry' } } }
  })
  t.same(
    (await ask('HelmRelease', 'erp', 'blog')).sources?.map(({ kind }) => kind),
    ['HelmChart'],
    'nobody looks at OCI'
  )

  fake.object('Kustomization', 'apps', 'lost', { sourceRef: { kind: 'Bucket', name: 'none' } })
  t.match((await ask('Kustomization', 'apps', 'lost')).sources, [{ kind: 'Bucket', name: 'none', status: 'gone' }])
  fake.object('ImageRepository', 'apps', 'images')
  t.match(await ask('ImageRepository', 'apps', 'images'), {
    apiVersion: 'image.toolkit.fluxcd.io/v1beta2',
    sources: []
  })
  const signed = 'https://oauth2:glpat-secret@git.example.org/apps/fleet.git'
  fake.object('Application', 'argocd', 'erp', { source: { repoURL: signed, targetRevision: 'HEAD' } })
  t.match(await ask('Application', 'argocd', 'erp'), { follows: [{ url, branch: 'HEAD' }] })

  fake.deployment('erp', 'none', 0)
  t.match(await ask('Deployment', 'erp', 'none'), { cannot: 'has replicas 0: there is no pod to replace' })
})
