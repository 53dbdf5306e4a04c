import type { BreakerOptions, BreakerState } from '../http/breaker.ts'
import type { Look } from '../http/time-limit.ts'
import { createCalls } from './calls.ts'
import { KubernetesError } from './error.ts'
import {
  FIELD_MANAGER,
  type KubernetesObject,
  readObject,
  readWorkload,
  type Workload,
  type WorkloadKind
} from './forms.ts'
import type { KubernetesSource } from './kubeconfig.ts'
import { type Pod, readPod } from './pod.ts'

export { KubernetesError } from './error.ts'
export type { KubernetesObject, Workload, WorkloadKind } from './forms.ts'
export type { KubernetesSource } from './kubeconfig.ts'
export { kubeconfigProblem } from './kubeconfig.ts'
export type { Pod } from './pod.ts'

/** A JSON merge patch (RFC 7396): the one kind that custom resources take as well. */
export type MergePatch = { readonly [key: string]: unknown }

/**
 * What to change on the object as it is now; null: nothing. It is asked again when somebody else was faster, so it
 * compares each time with what it gets.
 */
export type KubernetesChange<Form> = (now: Form) => MergePatch | null

/** What came of a change: the object after it, null where there is none of the name. */
export interface Patched<Form> {
  readonly now: Form | null
  readonly patched: boolean
  /** The API server's id of the patch, as in its audit log. */
  readonly requestId: string | null
}

/** One cluster's Kubernetes. What does not exist is null; every failure is a KubernetesError. */
export interface Kubernetes {
  getWorkload(kind: WorkloadKind, namespace: string, name: string): Promise<Workload | null>
  patchWorkload(
    kind: WorkloadKind,
    namespace: string,
    name: string,
    change: KubernetesChange<Workload>,
    before: Look
  ): Promise<Patched<Workload>>
  /** `selector` as in a label selector; all pages. */
  listPods(namespace: string, selector: string): Promise<readonly Pod[]>
  /** Rejects with code `no_kind` where the cluster serves no such kind. */
  getObject(apiVersion: string, kind: string, namespace: string, name: string): Promise<KubernetesObject | null>
  patchObject(
    apiVersion: string,
    kind: string,
    namespace: string,
    name: string,
    change: KubernetesChange<KubernetesObject>,
    before: Look
  ): Promise<Patched<KubernetesObject>>
  /** Its version, e.g. `v1.36.3`: needs no permission. */
  version(): Promise<string>
  /** Whether the API server is left alone, and why. */
  breaker(): BreakerState
  /** Ends what is under way, a credential plug-in with all that it has started too. */
  close(): void
}

/** What is not of the kubeconfig. */
export interface KubernetesOptions {
  /** For each call, with everything that it waits for, in ms; default 10,000. */
  readonly timeoutMs?: number
  /** Values of environment variables that no credential plug-in is to get: the secrets of our configuration. */
  readonly secrets?: readonly string[]
  readonly breaker?: BreakerOptions
  readonly onBreaker?: (state: BreakerState) => void
}

const plurals: Readonly<Record<WorkloadKind, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets'
}

// As often is an object read again that somebody else changed between our read and our patch.
const MOST_CONFLICTS = 3

/** `cluster` is the name in reflex.yaml, for messages. Nothing is read or sent before the first call. */
export function connectKubernetes(
  cluster: string,
  source: KubernetesSource,
  { timeoutMs = 10_000, secrets = [], breaker = {}, onBreaker = () => {} }: KubernetesOptions = {}
): Kubernetes {
  const withheld = { values: new Set(secrets.filter((one) => one !== '')) }
  const calls = createCalls(cluster, source, { timeoutMs, withheld, breaker, onBreaker })

  async function get(path: string): Promise<unknown> {
    try {
      return (await calls.send('GET', path)).body
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return null
      throw error
    }
  }

  async function patch<Form extends { readonly resourceVersion: string }>(
    path: string,
    read: (body: unknown) => Form,
    change: KubernetesChange<Form>,
    before: Look
  ): Promise<Patched<Form>> {
    for (let conflicts = 0; ; ) {
      const body = await get(path)
      if (body === null) return { now: null, patched: false, requestId: null }
      const now = read(body)
      const wanted = change(now)
      if (wanted === null) return { now, patched: false, requestId: null }
      const { resourceVersion } = now
      // With the version that was compared: what is there by then is what was looked at, or nothing is changed.
      const guarded = { ...wanted, metadata: { ...(wanted.metadata as object | undefined), resourceVersion } }
      try {
        const answer = await calls.send('PATCH', path, {
          query: { fieldManager: FIELD_MANAGER },
          contentType: 'application/merge-patch+json',
          body: guarded,
          before
        })
        return { now: read(answer.body), patched: true, requestId: answer.requestId }
      } catch (error) {
        if (!(error instanceof KubernetesError && error.status === 409) || ++conflicts > MOST_CONFLICTS) throw error
      }
    }
  }

  const workloadPath = (kind: WorkloadKind, namespace: string, name: string) =>
    `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/${plurals[kind]}/${encodeURIComponent(name)}`

  const known = new Map<string, string>()
  /** The path of a custom resource; how a kind is called in it, only the API server knows. */
  async function objectPath(apiVersion: string, kind: string, namespace: string, name: string): Promise<string> {
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    let plural = known.get(`${apiVersion} ${kind}`)
    if (plural === undefined) {
      const served = (await get(base)) as { resources?: readonly { name: string; kind: string }[] } | null
      plural = served?.resources?.find((one) => one.kind === kind && !one.name.includes('/'))?.name
      if (plural === undefined)
        throw new KubernetesError(`the cluster serves no ${kind} of ${apiVersion}: is its controller installed?`, {
          ...{ cluster, method: 'GET', path: base, code: 'no_kind', retryable: false }
        })
      known.set(`${apiVersion} ${kind}`, plural)
    }
    return `${base}/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`
  }

  return {
    async getWorkload(kind, namespace, name) {
      const body = await get(workloadPath(kind, namespace, name))
      return body === null ? null : readWorkload(kind, body)
    },
    patchWorkload: (kind, namespace, name, change, before) =>
      patch(workloadPath(kind, namespace, name), (body) => readWorkload(kind, body), change, before),
    async listPods(namespace, selector) {
      const pods: Pod[] = []
      let more = ''
      do {
        const query = { labelSelector: selector, limit: '250', ...(more ? { continue: more } : {}) }
        const { body } = await calls.send('GET', `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`, { query })
        const page = body as { items?: readonly unknown[]; metadata?: { continue?: string } }
        pods.push(...(page.items ?? []).map(readPod))
        more = page.metadata?.continue ?? ''
      } while (more)
      return pods
    },
    async getObject(apiVersion, kind, namespace, name) {
      const body = await get(await objectPath(apiVersion, kind, namespace, name))
      return body === null ? null : readObject(apiVersion, kind, body)
    },
    async patchObject(apiVersion, kind, namespace, name, change, before) {
      const path = await objectPath(apiVersion, kind, namespace, name)
      return patch(path, (body) => readObject(apiVersion, kind, body), change, before)
    },
    async version() {
      const { body } = await calls.send('GET', '/version')
      return String((body as { gitVersion?: unknown }).gitVersion)
    },
    breaker: () => calls.breaker(),
    close: () => calls.close()
  }
}
