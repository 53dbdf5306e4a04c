import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { request } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { connectKubernetes } from '../../src/clients/kubernetes/kubernetes.ts'
import type { ActionContext } from '../../src/core/action.ts'
import type { Tools } from '../../src/policies/shared/tools.ts'
import { annotate } from '../../src/policies/workload-actions/actions/annotate.ts'
import { rolloutRestart } from '../../src/policies/workload-actions/actions/rollout-restart.ts'
import { kubeconfigFiles } from '../contract/kubeconfig-files.ts'
import { type KubeconfigRow, kubeconfigRows, kubeconfigText } from '../contract/kubeconfigs.ts'
import { kubernetesContract, type RawAnswer } from '../contract/kubernetes.ts'
import { type UserInfo, whoAmI } from '../contract/whoami.ts'
import { doors, mergeStory } from '../e2e/doors.ts'

const state = resolve(process.env.LAB_STATE ?? '.lab', 'kubernetes/etc')
const kubeconfig = `${state}/kubeconfig`

// The first time the API server is built, which takes minutes.
t.setTimeout(880_000)
const up = spawnSync('bash', ['lab/kubernetes/up.sh'], { encoding: 'utf8' })
for (const line of up.stdout.trim().split('\n')) t.comment(line)
if (up.status !== 0) throw new Error(up.stderr.trim())
t.teardown(() => spawnSync('bash', ['lab/kubernetes/down.sh']))

const text = readFileSync(kubeconfig, 'utf8')
const ca = readFileSync(`${state}/ca.crt`)
const server = /server: "([^"]+)"/.exec(text)![1]!
const token = /name: admin, user: \{token: "([^"]+)"/.exec(text)![1]!

function raw(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<RawAnswer> {
  return new Promise((done, failed) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': contentType }
    const call = request(`${server}${path}`, { method, ca, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        // Of what it does not serve it says so in plain text.
        const json = answer.headers['content-type']?.startsWith('application/json')
        done({ status: answer.statusCode!, body: json ? JSON.parse(text) : text })
      })
    })
    call.on('error', failed)
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** As much of Flux's and Argo CD's definitions as matters here: a namespaced kind with a status of its own. */
async function define(group: string, version: string, kind: string, plural: string): Promise<void> {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  const served = { name: version, served: true, storage: true, schema, subresources: { status: {} } }
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Namespaced', names: { kind, plural }, versions: [served] }
  }
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const made = await raw('POST', path, definition)
  if (made.status !== 201 && made.status !== 409) throw new Error(JSON.stringify(made.body))
  for (let tries = 0; tries < 100; tries++) {
    const { body } = await raw('GET', `/apis/${group}/${version}`)
    if (body.resources?.some((one: { kind: string }) => one.kind === kind)) return
    await delay(200)
  }
  throw new Error(`${kind} is still not served`)
}

await define('kustomize.toolkit.fluxcd.io', 'v1', 'Kustomization', 'kustomizations')
await define('helm.toolkit.fluxcd.io', 'v2', 'HelmRelease', 'helmreleases')
await define('source.toolkit.fluxcd.io', 'v1', 'GitRepository', 'gitrepositories')
// The role `view` itself is empty: kube-controller-manager would fill it.
const binding = await raw('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
  metadata: { name: 'reader-views' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:aggregate-to-view' },
  subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'reader' }]
})
if (binding.status !== 201 && binding.status !== 409) throw new Error(JSON.stringify(binding.body))

await t.test('a real API server keeps the contract', { timeout: 300_000 }, (t) =>
  kubernetesContract(t, { kubeconfig, raw })
)

await t.test('by certificate and by credential plug-in', async (t) => {
  for (const context of ['certificate', 'plugin']) {
    const kubernetes = connectKubernetes('lab', { kubeconfig, context })
    t.teardown(() => kubernetes.close())
    t.equal(await kubernetes.getWorkload('Deployment', 'default', 'none'), null, context)
  }
})

await t.test('a rollout restart, from the patch to the last pod', async (t) => {
  const kubernetes = connectKubernetes('lab', { kubeconfig })
  t.teardown(() => kubernetes.close())
  const path = '/apis/apps/v1/namespaces/default/deployments'
  const name = `erpnext-${Date.now()}`
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } }
  const spec = { replicas: 2, selector: { matchLabels: { app: name } }, template }
  t.equal(
    (await raw('POST', path, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec })).status,
    201
  )
  t.teardown(() => raw('DELETE', `${path}/${name}`))

  // What kube-controller-manager would write, one poll after another.
  const reports = [
    { observedGeneration: 2, replicas: 2, updatedReplicas: 0, readyReplicas: 2, availableReplicas: 2 },
    { observedGeneration: 2, replicas: 3, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 },
    { observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 }
  ]
  let polls = 0
  const context = {
    tools: { kubernetes: async () => kubernetes } as unknown as Tools,
    target: `kubernetes/lab/Deployment/default/${name}`,
    scope: 'kubernetes/lab',
    beforeChange: async () => 10_000,
    sleep: async () => {
      const status = reports[polls++]
      const answer = await raw('PATCH', `${path}/${name}/status`, { status }, 'application/merge-patch+json')
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    }
  } as unknown as ActionContext<Tools>
  const restartedAt = new Date().toISOString()
  const input = { kind: 'Deployment', namespace: 'default', name, restartedAt, expects: null } as const
  t.match(await rolloutRestart.perform(input, context), {
    outcome: 'changed',
    note: new RegExp(`^deployment default/${name} restarted: 2 of 2 available after \\d+ s; 2 pods replaced, web:1$`)
  })
  t.equal(polls, 3, 'not before the old pods are gone')
  t.match(await rolloutRestart.perform(input, context), { outcome: 'unchanged' })
  t.equal(polls, 3)
})

await t.test('a reconcile, from its source to the revision that was applied', async (t) => {
  const kubernetes = connectKubernetes('lab', { kubeconfig })
  t.teardown(() => kubernetes.close())
  const stamp = Date.now()
  const [old, sha] = ['0'.repeat(40), `${'1f2e3d4c'.repeat(4)}${String(stamp).slice(-8)}`]
  const source = {
    ...{
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      namespace: 'default',
      name: `fleet-${stamp}`
    }
  }
  const apps = {
    ...{
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'default',
      name: `apps-${stamp}`
    }
  }
  const pathOf = ({ apiVersion, kind, name }: typeof source) =>
    `/apis/${apiVersion}/namespaces/default/${kind === 'GitRepository' ? 'gitrepositories' : 'kustomizations'}${name && `/${name}`}`
  for (const one of [source, apps]) {
    const { apiVersion, kind, name } = one
    const body = { apiVersion, kind, metadata: { name }, spec: { sourceRef: source } }
    t.equal((await raw('POST', pathOf({ ...one, name: '' }), body)).status, 201)
    t.teardown(() => raw('DELETE', pathOf(one)))
  }
  const value = new Date().toISOString()
  // What Flux would write, one poll after another: its first look comes before the new commit was fetched.
  const ready = { type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', message: 'Applied' }
  const handled = { lastHandledReconcileAt: value, conditions: [ready] }
  const reports = [
    [apps, { ...handled, conditions: [{ ...ready, status: 'Unknown', reason: 'Progressing' }] }],
    [apps, { ...handled, lastAppliedRevision: `main@sha1:${old}` }],
    [source, { artifact: { revision: `main@sha1:${sha}` } }],
    [apps, { ...handled, lastAppliedRevision: `main@sha1:${sha}` }]
  ] as const
  let polls = 0
  const context = {
    ...{ tools: { kubernetes: async () => kubernetes } as unknown as Tools, scope: 'kubernetes/lab', target: 'x' },
    beforeChange: async () => 10_000,
    sleep: async () => {
      const [one, status] = reports[polls++]!
      const answer = await raw('PATCH', `${pathOf(one)}/status`, { status }, 'application/merge-patch+json')
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    }
  } as unknown as ActionContext<Tools>
  const input = {
    ...{ ...apps, annotation: 'reconcile.fluxcd.io/requestedAt', value, source },
    ...{ done: { statusField: 'lastHandledReconcileAt' }, asked: { sha, project: 'apps/fleet' } }
  }
  t.match(await annotate.perform(input, context), {
    outcome: 'changed',
    note: new RegExp(`, main@sha1:${sha}; of commit 1f2e3d4c, as asked for$`)
  })
  t.equal(polls, 4, 'not before it has what its source has')
})

await t.test('the permissions of docs/kubernetes.md are enough, and no more', async (t) => {
  const [, manifest = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/kubernetes.md', 'utf8'))!
  for (const namespace of ['erp', 'flux-system', 'other'])
    await raw('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  for (const document of parseAllDocuments(manifest)) {
    const { kind, metadata } = document.toJS() as { kind: string; metadata: { namespace?: string } }
    const group = kind.includes('Role') ? '/apis/rbac.authorization.k8s.io/v1' : '/api/v1'
    const where = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
    const answer = await raw('POST', `${group}${where}/${kind.toLowerCase()}s`, document.toJS())
    t.ok([201, 409].includes(answer.status), `${kind} is taken`)
  }
  const path = '/api/v1/namespaces/stackreflex/serviceaccounts/stackreflex/token'
  const issued = await raw('POST', path, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} })
  const file = join(t.testdir({}), 'kubeconfig')
  const config = {
    clusters: [{ name: 'lab', cluster: { server, 'certificate-authority': `${state}/ca.crt` } }],
    users: [{ name: 'account', user: { token: issued.body.status.token } }],
    contexts: [{ name: 'account', context: { cluster: 'lab', user: 'account' } }],
    'current-context': 'account'
  }
  writeFileSync(file, JSON.stringify(config))
  const kubernetes = connectKubernetes('lab', { kubeconfig: file })
  t.teardown(() => kubernetes.close())

  const none = { now: null, patched: false }
  const call = async () => 10_000
  const patch = () => ({ metadata: { annotations: { 'example.com/touched': `${Date.now()}` } } })
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet'] as const)
    t.match(await kubernetes.patchWorkload(kind, 'erp', 'none', patch, call), none, `${kind}s are read`)
  t.same(await kubernetes.listPods('erp', 'app=none'), [], 'pods are listed')
  const flux = ['kustomize.toolkit.fluxcd.io/v1', 'Kustomization', 'flux-system'] as const
  await raw('POST', `/apis/${flux[0]}/namespaces/${flux[2]}/kustomizations`, {
    ...{ apiVersion: flux[0], kind: flux[1], metadata: { name: 'apps' }, spec: {} }
  })
  t.match(await kubernetes.patchObject(...flux, 'apps', patch, call), { patched: true }, 'Kustomizations are patched')
  const source = ['source.toolkit.fluxcd.io/v1', 'GitRepository', 'flux-system', 'none'] as const
  t.match(await kubernetes.patchObject(...source, patch, call), none, 'sources are read')
  t.match(await kubernetes.getObject('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'flux-system', 'none'), null)
  await t.rejects(
    kubernetes.getWorkload('Deployment', 'other', 'none'),
    /system:serviceaccount:stackreflex:stackreflex may not get deployments in namespace other: give the service account verb get on apps\/deployments$/
  )
})

await t.test('from a merge to the restart on a real API server, by way of an approval in Slack', async (t) => {
  const namespaces = '/api/v1/namespaces'
  await raw('POST', namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'erp' } })
  const path = '/apis/apps/v1/namespaces/erp/deployments'
  const template = { metadata: { labels: { app: 'erp' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } }
  const spec = { replicas: 3, selector: { matchLabels: { app: 'erp' } }, template }
  const made = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'erpnext' }, spec }
  t.equal((await raw('POST', path, made)).status, 201)
  t.teardown(() => raw('DELETE', `${path}/erpnext`))

  // What kube-controller-manager would do: the status follows the generation, a while later.
  const read = async () => (await raw('GET', `${path}/erpnext`)).body
  const follow = setInterval(async () => {
    const { metadata, status } = await read()
    if (metadata === undefined || status?.observedGeneration === metadata.generation) return
    const all = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 }
    const next = { status: { observedGeneration: metadata.generation, ...all } }
    await raw('PATCH', `${path}/erpnext/status`, next, 'application/merge-patch+json')
  }, 700)
  t.teardown(() => clearInterval(follow))
  const restarts = async () => {
    const { metadata } = await read()
    return metadata.generation - 1
  }
  await mergeStory(t, await doors(t, { kubeconfig, restarts }))
  const fields = (await read()).metadata.managedFields.map((one: { manager: string }) => one.manager)
  t.ok(fields.includes('stackreflex'), 'by our own field manager')
})

/** What `kubectl auth whoami` says with this kubeconfig, or its complaint. */
async function kubectl(
  folder: string,
  kubeconfig: string,
  more: Readonly<Record<string, string>> = {}
): Promise<UserInfo | { readonly refused: string }> {
  const env = { PATH: process.env.PATH ?? '', HOME: folder, KUBECONFIG: kubeconfig, ...more }
  const child = spawn(resolve(state, 'kubectl'), ['auth', 'whoami', '-o', 'json'], {
    ...{ env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] }
  })
  let [out, said] = ['', '']
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (said += chunk))
  const code = await new Promise<number | null>((done, failed) => {
    child.on('error', failed)
    child.on('close', done)
  })
  return code === 0 ? JSON.parse(out).status.userInfo : { refused: said.trim() }
}

const theirs = ({ extra = {}, ...info }: UserInfo) => {
  const { 'authentication.kubernetes.io/credential-id': _, ...kept } = extra
  return { ...info, extra: kept }
}

await t.test('kubeconfigs are read as kubectl reads them, or refused', { timeout: 300_000 }, async (t) => {
  const reader = /name: reader, user: \{token: "([^"]+)"/.exec(text)![1]!
  const tokens = { admin: token, reader }
  const world = { ...tokens, server, trust: { 'certificate-authority': 'ca.crt' } }
  const folder = t.testdir({ 'ca.crt': ca.toString() })
  kubeconfigFiles(folder, tokens)
  const kubeconfig = join(folder, 'kubeconfig')
  const write = (row: KubeconfigRow) => writeFileSync(kubeconfig, kubeconfigText(row, world))
  const rows = kubeconfigRows(tokens)
  t.ok(rows.length >= 40, `${rows.length} rows`)
  for (const row of rows) {
    write(row)
    const said = await kubectl(folder, kubeconfig)
    const found = await whoAmI({ kubeconfig }).catch((error: Error) => error)
    if ('refused' in row.as) {
      t.match(found, { message: row.as.refused }, row.name)
      if (row.kubectlTakes === undefined) t.ok('refused' in said, `kubectl refuses as well: ${JSON.stringify(said)}`)
      else t.notOk('refused' in said, `kubectl takes it: ${row.kubectlTakes}`)
      continue
    }
    if (found instanceof Error || 'refused' in said) {
      t.fail(`${row.name}: we: ${JSON.stringify(found)} kubectl: ${JSON.stringify(said)}`)
      continue
    }
    t.equal(found.username, row.as.user, row.name)
    t.same(theirs(found), theirs(said), 'kubectl is taken for the same')
  }

  const asked = join(folder, 'bin/info.json')
  const told = () => JSON.parse(readFileSync(asked, 'utf8'))
  const exec = {
    ...{ apiVersion: 'client.authentication.k8s.io/v1', command: './bin/login', interactiveMode: 'IfAvailable' },
    provideClusterInfo: true
  }
  const extension = { audience: 'lab', deep: { list: [1, 'two'] } }
  const extensions = [{ name: 'client.authentication.k8s.io/exec', extension }]
  for (const cluster of [
    {},
    { extensions },
    { 'tls-server-name': '127.0.0.1', extensions },
    { 'disable-compression': true }
  ]) {
    write({ name: 'exec', user: { exec }, cluster, as: { user: 'admin' } })
    t.match(await kubectl(folder, kubeconfig), { username: 'admin' })
    const them = told()
    t.match(await whoAmI({ kubeconfig }), { username: 'admin' })
    t.same(told(), them, `a plug-in is told the same of its cluster: ${Object.keys(cluster).join(', ')}`)
  }

  mkdirSync(join(folder, 'second'))
  const second = join(folder, 'second/kubeconfig')
  writeFileSync(second, JSON.stringify({ users: [{ name: 'one', user: { token } }] }))
  write({ name: 'several', user: { tokenFile: 'reader.token' }, as: { user: 'reader' } })
  for (const list of [`${kubeconfig}:${second}`, `${second}:${kubeconfig}`, `/no/such/file:${second}:${kubeconfig}`]) {
    const { username } = (await kubectl(folder, list)) as UserInfo
    t.match(await whoAmI({ kubeconfig: list }), { username }, list)
  }

  let tunnels = 0
  const proxy = createServer().on('connect', (request, socket) => {
    tunnels++
    const [host, port] = request.url!.split(':')
    const there = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      there.pipe(socket).pipe(there)
    })
    for (const one of [there, socket]) one.on('error', () => one.destroy())
  })
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
  t.teardown(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  write({ name: 'proxy', user: { exec }, cluster: { 'proxy-url': proxyUrl }, as: { user: 'admin' } })
  t.match(await kubectl(folder, kubeconfig), { username: 'admin' })
  const them = told()
  t.ok(tunnels > 0, 'kubectl goes through the proxy')
  tunnels = 0
  t.match(await whoAmI({ kubeconfig }), { username: 'admin' })
  t.ok(tunnels > 0, 'and so do we')
  t.same(told(), them, 'of which a plug-in is told')
})
