import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startKubernetes } from '../../../sim/kubernetes/kubernetes.ts'
import { connectKubernetes } from '../../../src/clients/kubernetes/kubernetes.ts'

const fake = await startKubernetes()
t.teardown(() => fake.close())
fake.deployment('erp', 'erpnext', 2)

t.test('a kubeconfig is read anew after five minutes, and no call fails because of it', async (t) => {
  const kubeconfig = join(t.testdir({}), 'kubeconfig')
  writeFileSync(kubeconfig, fake.kubeconfig)
  const client = connectKubernetes('prod', { kubeconfig }, { timeoutMs: 20_000 })
  t.teardown(() => client.close())
  const { now } = Date
  t.teardown(() => {
    Date.now = now
  })
  for (let round = 0; round < 4; round++) {
    Date.now = () => now() + round * 301_000
    const read = await Promise.all(Array.from({ length: 8 }, () => client.getWorkload('Deployment', 'erp', 'erpnext')))
    t.ok(
      read.every((one) => one?.name === 'erpnext'),
      `after ${5 * round} minutes`
    )
  }
})
