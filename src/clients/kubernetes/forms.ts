import { conditions, list, number, parts, said, type Tree, text, tree } from './tree.ts'

/** The kinds of apps/v1 that can be restarted. */
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet'

/** A Deployment, StatefulSet or DaemonSet, cut down to what a restart must know. */
export interface Workload {
  readonly kind: WorkloadKind
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: string
  readonly generation: number
  /** The generation that the numbers below are of. */
  readonly observedGeneration: number
  readonly deleting: boolean
  readonly paused: boolean
  /** `OnDelete`: a changed template replaces no pod. */
  readonly strategy: string
  /** StatefulSets: pods below this ordinal are left as they are. */
  readonly partition: number
  /** `kubectl.kubernetes.io/restartedAt` of the pod template. */
  readonly restartedAt: string | null
  /** When we changed it last, by the API server's clock. */
  readonly changedByUsAt: string | null
  /** How its pods are listed; empty: none of ours to list. */
  readonly selector: string
  /** How many there should be. */
  readonly desired: number
  /** How many there are, of the old template too. */
  readonly current: number
  readonly updated: number
  readonly ready: number
  readonly available: number
  /** StatefulSets: the rollout is over when both are the same. */
  readonly currentRevision: string | null
  readonly updateRevision: string | null
  /** Why its controller has given the rollout up (ProgressDeadlineExceeded). */
  readonly stalled: string | null
  /** Why its controller cannot make pods, e.g. `FailedCreate: … exceeded quota`. */
  readonly failing: string | null
  /** Which rollout of it this is: a Deployment's number, a StatefulSet's revision that is rolled out. */
  readonly revision: string | null
  /** What the containers of its pod template run. */
  readonly images: readonly string[]
}

/** Any other object: a Kustomization, a HelmRelease, a source of Flux, an Application. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: string
  readonly generation: number
  readonly deleting: boolean
  readonly annotations: Readonly<Record<string, string>>
  /** Flux leaves it alone until it is resumed. */
  readonly suspended: boolean
  /** When we changed it last, by the API server's clock. */
  readonly changedByUsAt: string | null
  readonly spec: Tree
  readonly status: Tree
}

/** The name under which the API server records what we change. */
export const FIELD_MANAGER = 'stackreflex'

/** The pod template's annotation that `kubectl rollout restart` sets. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

/** Where the controller of Deployments counts their rollouts. */
const REVISION = 'deployment.kubernetes.io/revision'

/** Reads a Deployment, StatefulSet or DaemonSet. */
export function readWorkload(kind: WorkloadKind, body: unknown): Workload {
  const { metadata, spec, status } = parts(body)
  const template = tree(tree(tree(spec.template).metadata).annotations)
  const strategy = tree(kind === 'Deployment' ? spec.strategy : spec.updateStrategy)
  const daemon = kind === 'DaemonSet'
  return {
    kind,
    ...identity(metadata),
    observedGeneration: number(status.observedGeneration),
    paused: spec.paused === true,
    strategy: text(strategy.type) ?? 'RollingUpdate',
    partition: kind === 'StatefulSet' ? number(tree(strategy.rollingUpdate).partition) : 0,
    restartedAt: text(template[RESTARTED_AT]),
    selector: selectorOf(tree(spec.selector)),
    desired: daemon ? number(status.desiredNumberScheduled) : number(spec.replicas ?? 1),
    current: number(daemon ? status.currentNumberScheduled : status.replicas),
    updated: number(daemon ? status.updatedNumberScheduled : status.updatedReplicas),
    ready: number(daemon ? status.numberReady : status.readyReplicas),
    available: number(daemon ? status.numberAvailable : status.availableReplicas),
    currentRevision: text(status.currentRevision),
    updateRevision: text(status.updateRevision),
    stalled: stalledOf(status),
    failing: failingOf(status),
    revision: kind === 'Deployment' ? text(tree(metadata.annotations)[REVISION]) : text(status.updateRevision),
    images: list(tree(tree(spec.template).spec).containers).flatMap((one) => text(one.image) ?? [])
  }
}

/** Reads any other object. */
export function readObject(apiVersion: string, kind: string, body: unknown): KubernetesObject {
  const { metadata, spec, status } = parts(body)
  const annotations = Object.entries(tree(metadata.annotations)).map(([name, value]) => [name, String(value)])
  return {
    apiVersion,
    kind,
    ...identity(metadata),
    annotations: Object.fromEntries(annotations),
    suspended: spec.suspend === true,
    spec,
    status
  }
}

function identity(metadata: Tree) {
  return {
    namespace: text(metadata.namespace) ?? '',
    name: text(metadata.name) ?? '',
    resourceVersion: text(metadata.resourceVersion) ?? '',
    generation: number(metadata.generation),
    deleting: metadata.deletionTimestamp !== undefined,
    changedByUsAt:
      list(metadata.managedFields)
        .filter((one) => one.manager === FIELD_MANAGER)
        .flatMap((one) => text(one.time) ?? [])
        .sort()
        .at(-1) ?? null
  }
}

function stalledOf(status: Tree): string | null {
  const stalled = conditions(status).find((one) => one.type === 'Progressing' && one.status === 'False')
  if (stalled?.reason !== 'ProgressDeadlineExceeded') return null
  return said(stalled.message) ?? 'ProgressDeadlineExceeded'
}

function failingOf(status: Tree): string | null {
  const failing = conditions(status).find((one) => one.type === 'ReplicaFailure' && one.status === 'True')
  if (failing === undefined) return null
  return `ReplicaFailure: ${said(failing.reason) ?? 'FailedCreate'}: ${said(failing.message) ?? 'no reason given'}`
}

/** As the query parameter `labelSelector` wants it. */
function selectorOf(selector: Tree): string {
  const labels = Object.entries(tree(selector.matchLabels)).map(([name, value]) => `${name}=${value}`)
  const expressions = list(selector.matchExpressions).map(({ key, operator, values }) => {
    if (operator === 'Exists') return `${key}`
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${(values as readonly string[]).join(',')})`
  })
  return [...labels, ...expressions].join(',')
}
