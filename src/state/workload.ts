import type { Kubernetes, WorkloadKind } from '../clients/kubernetes.ts'
import type { Query } from '../core/query.ts'
import type { Tools } from './tools.ts'

/** What policies may know of a workload, or of the Flux or Argo CD object that deploys it. */
export interface WorkloadAnswer {
  readonly cluster: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** `gone` only on a 404 for this very name; `unknown` where the cluster serves no such kind. */
  readonly status: 'present' | 'gone' | 'unknown'
  /** One sentence on what was found. */
  readonly reason: string
  /** `kubectl.kubernetes.io/restartedAt` of the pod template. */
  readonly restartedAt: string | null
  readonly replicas: number | null
  readonly available: number | null
  readonly updated: number | null
  readonly generation: number | null
  readonly observedGeneration: number | null
  readonly paused: boolean
}

type Params = { readonly cluster: string; readonly kind: string; readonly namespace: string; readonly name: string }

/** The question: how is this workload now? */
export function workloadQuery({ cluster, kind, namespace, name }: Params): Query {
  return { name: 'workload', params: { cluster, kind, namespace, name } }
}

const workloadKinds: readonly string[] = ['Deployment', 'StatefulSet', 'DaemonSet'] satisfies WorkloadKind[]

/** The version in which each kind of the deployers is asked for. */
export const deployerVersions: Readonly<Record<string, string>> = {
  Kustomization: 'kustomize.toolkit.fluxcd.io/v1',
  HelmRelease: 'helm.toolkit.fluxcd.io/v2',
  Application: 'argoproj.io/v1alpha1'
}

/** Answers `workload`; rejects where the API server does not answer or does not let us read. */
export async function loadWorkload(params: Params, tools: Tools): Promise<WorkloadAnswer> {
  const kubernetes = await tools.kubernetes(params.cluster)
  return workloadKinds.includes(params.kind) ? loadPods(params, kubernetes) : loadDeployer(params, kubernetes)
}

const none = {
  restartedAt: null,
  replicas: null,
  available: null,
  updated: null,
  generation: null,
  observedGeneration: null,
  paused: false
}

async function loadPods({ cluster, kind, namespace, name }: Params, kubernetes: Kubernetes): Promise<WorkloadAnswer> {
  const asked = { cluster, kind, namespace, name }
  const found = await kubernetes.getWorkload(kind as WorkloadKind, namespace, name)
  if (found === null || found.deleting)
    return { ...none, ...asked, status: 'gone', reason: found === null ? 'does not exist (404)' : 'is being deleted' }
  const { restartedAt, desired, available, updated, generation, observedGeneration, paused } = found
  const reason = `${available} of ${desired} available${paused ? ', paused' : ''}`
  const numbers = { restartedAt, replicas: desired, available, updated, generation, observedGeneration, paused }
  return { ...asked, status: 'present', reason, ...numbers }
}

async function loadDeployer({ cluster, kind, namespace, name }: Params, kubernetes: Kubernetes) {
  const asked = { ...none, cluster, kind, namespace, name }
  const unknown = (reason: string): WorkloadAnswer => ({ ...asked, status: 'unknown', reason })
  const apiVersion = Object.hasOwn(deployerVersions, kind) ? deployerVersions[kind] : undefined
  const kinds = [...workloadKinds, ...Object.keys(deployerVersions)]
  if (apiVersion === undefined) return unknown(`no kind is called '${kind}'; kinds are: ${kinds.join(', ')}`)
  try {
    const found = await kubernetes.getObject(apiVersion, kind, namespace, name)
    if (found === null || found.deleting) {
      const reason = found === null ? 'does not exist (404)' : 'is being deleted'
      return { ...asked, status: 'gone', reason } as const
    }
    const { generation, suspended } = found
    const observed = found.status.observedGeneration
    const observedGeneration = typeof observed === 'number' ? observed : null
    const reason = suspended ? 'is there, suspended' : 'is there'
    return { ...asked, status: 'present', reason, generation, observedGeneration, paused: suspended } as const
  } catch (error) {
    if ((error as { code?: unknown }).code === 'no_kind') return unknown((error as Error).message)
    throw error
  }
}
