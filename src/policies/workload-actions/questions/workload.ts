import type { Kubernetes, KubernetesObject, WorkloadKind } from '../../../clients/kubernetes/kubernetes.ts'
import type { Query } from '../../../core/query.ts'
import { defineQuestion } from '../../shared/define-question.ts'
import type { Tools } from '../../shared/tools.ts'
import { cannotRoll } from '../cannot-roll.ts'
import { getDeployer, type Origin, originOf } from './deployer.ts'
import { deployerVersions } from './deployer-kinds.ts'

/** What policies may know of a workload, or of the Flux or Argo CD object that deploys it. */
export interface WorkloadAnswer extends Partial<Origin> {
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
  /** Why a restart would replace no pod; null: it would. */
  readonly cannot?: string | null
  /** Of an object of Flux or Argo CD: the version that the cluster serves. */
  readonly apiVersion?: string
  /** The revision that it has now. */
  readonly revision?: string | null
}

type Params = { readonly cluster: string; readonly kind: string; readonly namespace: string; readonly name: string }

const workloadKinds: readonly string[] = ['Deployment', 'StatefulSet', 'DaemonSet'] satisfies WorkloadKind[]

/** Answers `workload`; rejects where the API server does not answer or does not let us read. */
async function load(params: Params, tools: Tools): Promise<WorkloadAnswer> {
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
  return { ...asked, status: 'present', reason, ...numbers, cannot: cannotRoll(found) }
}

async function loadDeployer({ cluster, kind, namespace, name }: Params, kubernetes: Kubernetes) {
  const asked = { ...none, cluster, kind, namespace, name }
  const unknown = (reason: string): WorkloadAnswer => ({ ...asked, status: 'unknown', reason })
  const kinds = [...workloadKinds, ...Object.keys(deployerVersions)]
  if (!Object.hasOwn(deployerVersions, kind))
    return unknown(`no kind is called '${kind}'; kinds are: ${kinds.join(', ')}`)
  try {
    const { apiVersion, found } = await getDeployer(kubernetes, { kind, namespace, name })
    if (found === null || found.deleting) {
      const reason = found === null ? 'does not exist (404)' : 'is being deleted'
      return { ...asked, status: 'gone', reason } as const
    }
    const { generation, suspended, status } = found
    const observed = status.observedGeneration
    const observedGeneration = typeof observed === 'number' ? observed : null
    const reason = suspended ? 'is there, suspended' : 'is there'
    const numbers = { generation, observedGeneration, paused: suspended }
    const origin = await originOf(found, kubernetes)
    return {
      ...asked,
      status: 'present',
      reason,
      ...numbers,
      apiVersion,
      revision: revisionOf(found),
      ...origin
    } as const
  } catch (error) {
    if ((error as { code?: unknown }).code === 'no_kind') return unknown((error as Error).message)
    throw error
  }
}

/** As each kind tells it: what a source fetched, what was applied, which chart is released, what was compared. */
function revisionOf({ status }: KubernetesObject): string | null {
  const { artifact, sync, history } = status as {
    artifact?: { revision?: unknown }
    sync?: { revision?: unknown }
    history?: readonly { chartVersion?: unknown }[]
  }
  const released = Array.isArray(history) ? history[0]?.chartVersion : undefined
  const said = [artifact?.revision, status.lastAppliedRevision, released, sync?.revision]
  return said.find((one) => typeof one === 'string') ?? null
}

/** Defines the question `workload`; `workloadQuery` makes its params. */
export const workloadQuestion = defineQuestion('workload', load)

/** Makes the query: how is this workload now? */
export const workloadQuery = ({ cluster, kind, namespace, name }: Params): Query<WorkloadAnswer, 'workload'> =>
  workloadQuestion({ cluster, kind, namespace, name })
