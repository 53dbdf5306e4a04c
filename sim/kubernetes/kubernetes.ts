/**
 * A fake Kubernetes API server on loopback: the wire of apps/v1 workloads, pods, and the objects of Flux and Argo CD, with
 * what their controllers do about a restart or an annotation. Everything is in memory and gone with the process;
 * test/contract/kubernetes.ts holds for it and for a real kube-apiserver (lab/kubernetes/).
 *
 * Left out: watches, server-side apply, JSON patch, admission, schemas of objects. Users by token: `admin` may do
 * everything, `reader` only read, `stranger` nothing.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Refusal, type Reply, readBody, type Tree, tree } from '../wire.ts'
import { createController, type Stuck } from './controller.ts'
import { apiVersionOf, KINDS, type Kind, kindOf, type Stored } from './kinds.ts'
import { forbidden, status, unsupported } from './status.ts'
import { createStore, type Store } from './store.ts'

export interface KubernetesOptions {
  /** From a changed template to the last available pod; default 200. */
  readonly rollMs?: number
  /** From a stuck rollout to ProgressDeadlineExceeded; default ten minutes. */
  readonly progressDeadlineMs?: number
  /** False: nobody does anything about a change, as on an API server alone. */
  readonly controller?: boolean
}

/** Something that goes wrong with the next calls that match. */
export interface KubernetesFault {
  readonly method?: string
  readonly path?: string | RegExp
  /** Default 1; Infinity for all. */
  readonly times?: number
  readonly status?: number
  readonly reason?: string
  readonly message?: string
  /** Seconds. */
  readonly retryAfter?: number
  readonly html?: boolean
  /** The connection is cut; with `after`, the call has been performed. */
  readonly reset?: boolean
  readonly hangMs?: number
  readonly when?: 'before' | 'after'
}

/** A call that the fake got. */
export interface KubernetesRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly contentType: string | null
  readonly body: Tree
  user: string | null
  /** 0: no answer was sent. */
  status: number
}

export interface FakeKubernetes {
  readonly url: string
  /** A kubeconfig as text, with the contexts admin (current), reader, stranger and nobody. */
  readonly kubeconfig: string
  readonly requests: KubernetesRequest[]
  /** What is there, for tests to look at and to change behind everybody's back. */
  readonly store: Store
  deployment(namespace: string, name: string, replicas: number): void
  workload(kind: 'Deployment' | 'StatefulSet' | 'DaemonSet', namespace: string, name: string, spec?: Tree): void
  /** A Kustomization, HelmRelease, source or Application. */
  object(kind: string, namespace: string, name: string, spec?: Tree): void
  /** The next rollout of this name does not come to its end. */
  stick(name: string, reason: Stuck): void
  unstick(name: string): void
  /** What the source (or Application) of this name fetches from now on, e.g. `main@sha1:…`. */
  publish(name: string, revision: string): void
  refuse(fault: KubernetesFault): void
  close(): Promise<void>
}

const USERS = ['admin', 'reader', 'stranger']

export async function startKubernetes(options: KubernetesOptions = {}): Promise<FakeKubernetes> {
  const { rollMs = 200, progressDeadlineMs = 600_000, controller: controlled = true } = options
  const stuck = new Map<string, Stuck>()
  const published = new Map<string, string>()
  const controller = createController({ rollMs, progressDeadlineMs, stuck, published }, () => store)
  const store: Store = createStore((object) => (controlled ? controller.changed(object) : undefined))
  const requests: KubernetesRequest[] = []
  const faults: { fault: KubernetesFault; times: number }[] = []
  store.create(kindOf('Namespace'), null, { metadata: { name: 'default' } }, 'kube-apiserver')

  function take(method: string, path: string): KubernetesFault | null {
    const index = faults.findIndex(
      ({ fault }) =>
        (!fault.method || fault.method === method) &&
        (typeof fault.path === 'string' ? path.includes(fault.path) : (fault.path?.test(path) ?? true))
    )
    const entry = faults[index]
    if (entry === undefined) return null
    if (--entry.times <= 0) faults.splice(index, 1)
    return entry.fault
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = request
    const contentType = headers['content-type'] ?? null
    const sent = await readBody(request)
    const seen: KubernetesRequest = { method, path, contentType, body: sent, user: userOf(headers), status: 0 }
    requests.push(seen)
    const fault = take(method, path)
    if (fault?.hangMs !== undefined) await delay(fault.hangMs)
    let reply: Reply | null = null
    if (!fault || fault.when === 'after' || (fault.hangMs !== undefined && fault.status === undefined))
      reply = perform(store, seen, headers)
    if (fault?.reset) return void request.socket.destroy()
    if (fault?.status !== undefined) {
      const { status: code, reason = 'InternalError', message = 'a fault of the simulation' } = fault
      reply = status(code, reason, message)
      if (fault.retryAfter !== undefined) reply = { ...reply, headers: { 'retry-after': String(fault.retryAfter) } }
    }
    if (reply === null && !fault?.html) return
    const body = fault?.html ? '<html><body>Sign in</body></html>' : reply!.body
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    seen.status = reply?.status ?? 200
    response.writeHead(seen.status, {
      'audit-id': randomUUID(),
      'content-type': fault?.html ? 'text/html' : typeof body === 'string' ? 'text/plain' : 'application/json',
      ...reply?.headers
    })
    response.end(text)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.destroy(error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  function make(kind: string, namespace: string, name: string, spec: Tree): void {
    if (!store.find(kindOf('Namespace'), null, namespace))
      store.create(kindOf('Namespace'), null, { metadata: { name: namespace } }, 'somebody')
    store.create(kindOf(kind), namespace, { metadata: { name }, spec }, 'somebody')
  }
  const workload: FakeKubernetes['workload'] = (kind, namespace, name, spec = {}) =>
    make(kind, namespace, name, {
      ...(kind === 'DaemonSet' ? {} : { replicas: 1 }),
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
      ...spec
    })

  return {
    url,
    kubeconfig: kubeconfigText(url),
    requests,
    store,
    workload,
    deployment: (namespace, name, replicas) => workload('Deployment', namespace, name, { replicas }),
    object: (kind, namespace, name, spec = {}) => make(kind, namespace, name, spec),
    stick: (name, reason) => void stuck.set(name, reason),
    unstick: (name) => void stuck.delete(name),
    publish: (name, revision) => void published.set(name, revision),
    refuse: (fault) => void faults.push({ fault, times: fault.times ?? 1 }),
    close: () => {
      controller.close()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    }
  }
}

const userOf = (headers: IncomingMessage['headers']): string | null => {
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
  return USERS.find((user) => token === `${user}-token`) ?? null
}

function perform(store: Store, request: KubernetesRequest, headers: IncomingMessage['headers']): Reply {
  try {
    return route(store, request, String(headers['user-agent'] ?? 'unknown').split('/')[0]!)
  } catch (error) {
    if (error instanceof Refusal) return error.reply
    return status(500, 'InternalError', String(error))
  }
}

const PATH = /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/(.*))?$/

function route(store: Store, { method, path, user, body, contentType }: KubernetesRequest, agent: string): Reply {
  const { pathname, searchParams } = new URL(path, 'http://fake')
  if (pathname === '/version') return { status: 200, body: { major: '1', minor: '36', gitVersion: 'v1.36.3' } }
  if (pathname === '/readyz') return { status: 200, body: 'ok' }
  if (user === null) return status(401, 'Unauthorized', 'Unauthorized')
  const [, group = '', version = '', rest = ''] = PATH.exec(pathname) ?? []
  const served = KINDS.filter((one) => one.group === group && one.version === version)
  // In plain text, as the real one.
  if (served.length === 0) return { status: 404, body: '404 page not found' }
  if (rest === '') return { status: 200, body: discovery(served) }

  const parts = rest.split('/').map(decodeURIComponent)
  const within = parts[0] === 'namespaces' && parts.length > 2
  const namespace = within ? parts[1]! : null
  const [plural, name = '', subresource] = within ? parts.slice(2) : parts
  const kind = served.find((one) => one.plural === plural && one.namespaced === within)
  if (kind === undefined || (subresource !== undefined && subresource !== 'status'))
    return status(404, 'NotFound', 'the server could not find the requested resource')
  const verb = verbs[method]?.[name === '' ? 0 : 1]
  if (!verb) return status(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')
  if (user === 'stranger' || (user === 'reader' && (!['get', 'list'].includes(verb) || kind.custom)))
    throw forbidden(user, verb, kind, name, namespace)

  const manager = searchParams.get('fieldManager') ?? agent
  switch (verb) {
    case 'get':
      return { status: 200, body: store.get(kind, namespace, name) }
    case 'list':
      return { status: 200, body: listed(kind, store.list(kind, namespace), searchParams) }
    case 'create':
      return { status: 201, body: store.create(kind, namespace, body, manager) }
    case 'delete':
      store.remove(kind, namespace, name)
      return { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } }
    default: {
      const merge = ['application/merge-patch+json', 'application/strategic-merge-patch+json']
      const accepted = kind.custom ? merge.slice(0, 1) : merge
      if (!accepted.includes(contentType ?? '')) throw unsupported(accepted)
      const by = subresource === 'status' ? ({ manager, subresource } as const) : { manager }
      return { status: 200, body: store.patch(kind, namespace, name, body, by) }
    }
  }
}

/** On the collection, and on one object. */
const verbs: Readonly<Record<string, readonly [string, string]>> = {
  GET: ['list', 'get'],
  POST: ['create', ''],
  PATCH: ['', 'patch'],
  DELETE: ['', 'delete']
}

function discovery(served: readonly Kind[]): Tree {
  const { group, version } = served[0]!
  const resources = served.flatMap(({ plural, kind, namespaced }) => [
    { name: plural, singularName: '', namespaced, kind, verbs: ['create', 'delete', 'get', 'list', 'patch'] },
    { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch'] }
  ])
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources
  }
}

function listed(kind: Kind, objects: readonly Stored[], query: URLSearchParams): Tree {
  const terms = (query.get('labelSelector') ?? '').split(',').filter(Boolean)
  const found = objects.filter((one) =>
    terms.every((term) => {
      const [label = '', value] = term.split('=')
      const has = tree(one.metadata.labels)[label]
      return value === undefined ? has !== undefined : has === value
    })
  )
  const start = Number(query.get('continue') ?? 0)
  const limit = Number(query.get('limit') ?? 0) || found.length
  const more = start + limit < found.length
  return {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind),
    metadata: { resourceVersion: '1', ...(more ? { continue: String(start + limit) } : {}) },
    items: found.slice(start, start + limit)
  }
}

function kubeconfigText(url: string): string {
  const users = [...USERS, 'nobody']
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'fake', // Without TLS only where somebody says so.
        cluster: { server: url, 'insecure-skip-tls-verify': true }
      }
    ],
    users: users.map((name) => ({ name, user: { token: `${name}-token` } })),
    contexts: users.map((name) => ({ name, context: { cluster: 'fake', user: name } })),
    'current-context': 'admin'
  })
}
