import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startKubernetes } from '../../sim/kubernetes/kubernetes.ts'
import { kubernetesContract } from '../contract/kubernetes.ts'

const fake = await startKubernetes({ controller: false })
t.teardown(() => fake.close())
const kubeconfig = join(t.testdir({}), 'kubeconfig')
writeFileSync(kubeconfig, fake.kubeconfig)

await t.test('the fake API server keeps the contract', (t) =>
  kubernetesContract(t, {
    kubeconfig,
    async raw(method, path, body, contentType = 'application/json') {
      const headers = { authorization: 'Bearer admin-token', 'content-type': contentType }
      const sent = body === undefined ? {} : { body: JSON.stringify(body) }
      const answer = await fetch(`${fake.url}${path}`, { method, headers, ...sent })
      return { status: answer.status, body: await answer.json() }
    }
  })
)
