import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { startKubernetes } from '../../../sim/kubernetes/kubernetes.ts'
import {
  connectKubernetes,
  KubernetesError,
  type KubernetesSource
} from '../../../src/clients/kubernetes/kubernetes.ts'
import { failureOf } from '../../../src/core/failure.ts'
import { buildTools } from '../../../src/process/tools.ts'

const fake = await startKubernetes()
t.teardown(() => fake.close())
fake.deployment('erp', 'erpnext', 2)
const kubeconfig = join(t.testdir({}), 'kubeconfig')
writeFileSync(kubeconfig, fake.kubeconfig)

function open(source: KubernetesSource = { kubeconfig }, timeoutMs = 5000) {
  const one = connectKubernetes('dev', source, { timeoutMs })
  t.teardown(() => one.close())
  return one
}
const read = (kubernetes = open()) => kubernetes.getWorkload('Deployment', 'erp', 'erpnext')
// The library is loaded with the first call, which takes seconds on a busy machine: that is not what is tested here.
await read(open({ kubeconfig }, 60_000))

async function refusal(call: Promise<unknown>): Promise<KubernetesError> {
  const error = await call.then(
    () => new Error('expected a refusal'),
    (thrown) => thrown
  )
  if (error instanceof KubernetesError) return error
  throw error
}
const restart = () => ({
  spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } } }
})

t.test('an API server in trouble is asked again later', async (t) => {
  fake.refuse({ status: 429, reason: 'TooManyRequests', message: 'too many requests', retryAfter: 7 })
  t.match(failureOf(await refusal(read())), { retryable: true, retryAfterMs: 7000 })
  fake.refuse({ status: 503, reason: 'ServiceUnavailable', message: 'apiserver is shutting down' })
  t.match(await refusal(read()), { status: 503, code: 'ServiceUnavailable', retryable: true, retryAfterMs: null })
  fake.refuse({ status: 500, reason: 'InternalError', message: 'etcdserver: request timed out' })
  t.match((await refusal(read())).message, 'etcdserver: request timed out')
  fake.refuse({ html: true })
  t.match(await refusal(read()), { code: 'malformed', retryable: true })
  fake.refuse({ reset: true })
  t.match(await refusal(read()), { code: 'network', retryable: true, unknownOutcome: false })
  fake.refuse({ hangMs: 500 })
  t.match(await refusal(read(open({ kubeconfig }, 100))), { code: 'timeout', retryable: true, unknownOutcome: false })
  t.match(await read(), { name: 'erpnext' })
})

t.test('a patch that may have been performed says so', async (t) => {
  fake.refuse({ method: 'PATCH', hangMs: 500 })
  const slow = open().patchWorkload('Deployment', 'erp', 'erpnext', restart, async () => 100)
  t.match(await refusal(slow), { code: 'timeout', method: 'PATCH', retryable: true, unknownOutcome: true })
})

t.test('nobody listens', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise((resolve) => server.close(resolve))
  const file = join(t.testdir({}), 'kubeconfig')
  writeFileSync(file, fake.kubeconfig.replace(fake.url, url))
  const error = await refusal(read(open({ kubeconfig: file })))
  t.match(error, { code: 'network', status: null, retryable: true })
  t.match(error.message, 'refuses connections: is the API server up?')
})

t.test('a refusal that is not for want of permission is told as it is', async (t) => {
  const message = 'admission webhook "policy.example.com" denied the request: no'
  fake.refuse({ method: 'PATCH', status: 403, reason: 'Forbidden', message })
  const error = await refusal(open().patchWorkload('Deployment', 'erp', 'erpnext', restart, async () => 5000))
  t.match(error, { status: 403, retryable: false })
  t.match(error.message, message)
})

t.test('a replaced token is read from the kubeconfig without a restart', async (t) => {
  const file = join(t.testdir({}), 'kubeconfig')
  writeFileSync(file, fake.kubeconfig)
  const kubernetes = open({ kubeconfig: file, context: 'reader' })
  t.ok(await read(kubernetes))
  writeFileSync(file, fake.kubeconfig.replaceAll('reader-token', 'old-token'))
  t.ok(await read(kubernetes), 'it is not read for each call')
  const stale = open({ kubeconfig: file, context: 'reader' })
  const error = await refusal(read(stale))
  t.match(error, { status: 401, retryable: false })
  t.notMatch(error.message, 'old-token')
  writeFileSync(file, fake.kubeconfig)
  t.ok(await read(stale))
})

t.test('what is wrong with a kubeconfig', async (t) => {
  const missing = await refusal(read(open({ kubeconfig: '/no/such/file' })))
  t.match(missing, { code: 'kubeconfig', retryable: false })
  t.match(missing.message, 'kubernetes of cluster dev: kubeconfig /no/such/file cannot be read: ENOENT')
  t.match(
    (await refusal(read(open({ kubeconfig, context: 'prod' })))).message,
    "has no context 'prod'; contexts are: admin, reader, stranger, nobody"
  )
  const file = join(t.testdir({}), 'kubeconfig')
  const broken = async (text: string) => {
    writeFileSync(file, text)
    return (await refusal(read(open({ kubeconfig: file })))).message
  }
  t.match(await broken('token: "geheim'), /cannot be read: it is not a kubeconfig$/, 'without quoting it')
  t.match(await broken(fake.kubeconfig.replace('"insecure-skip-tls-verify":true', '"a":1')), /is without TLS/)
  t.match((await refusal(read(open({ inCluster: true })))).message, 'this does not run in a pod')
})

t.test('lists of pods, page by page', async (t) => {
  fake.deployment('erp', 'many', 260)
  t.equal((await open().listPods('erp', 'app=many')).length, 260)
})

t.test('tools know the Kubernetes of each cluster', async (t) => {
  const options = { kubernetes: { dev: { kubeconfig } } }
  const built = buildTools([], [], { entries: {} }, {} as Parameters<typeof buildTools>[3], options)
  if (!built.ok) throw new Error(built.problems.join('\n'))
  const one = await built.tools.kubernetes('dev')
  t.equal(await built.tools.kubernetes('dev'), one, 'one client for all')
  t.match(await one.version(), /^v1/)
  await t.rejects(
    built.tools.kubernetes('prod'),
    /^cluster 'prod' has no kubernetes: name its kubeconfig under clusters.prod.kubernetes; clusters with one are: dev$/
  )
  built.close()
})
