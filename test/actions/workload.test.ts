import t from 'tap'
import { load } from '../../src/state/index.ts'
import { workloadQuery } from '../../src/state/workload.ts'
import { actionWorld } from './kubernetes-context.ts'

t.test('the question: how is this workload now?', async (t) => {
  const { fake, tools } = await actionWorld(t)
  const ask = (kind: string, namespace: string, name: string) =>
    load(workloadQuery({ cluster: 'dev', kind, namespace, name }), tools)
  fake.deployment('erp', 'erpnext', 2)
  t.same(await ask('Deployment', 'erp', 'erpnext'), {
    ...{ cluster: 'dev', kind: 'Deployment', namespace: 'erp', name: 'erpnext', status: 'present' },
    ...{ reason: '2 of 2 available', restartedAt: null, replicas: 2, available: 2, updated: 2 },
    ...{ generation: 1, observedGeneration: 1, paused: false }
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
