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
}

/** A pod, cut down to why it does not run. */
export interface Pod {
  readonly name: string
  readonly createdAt: string
  readonly deleting: boolean
  readonly phase: string
  readonly ready: boolean
  /** What keeps it, e.g. `CrashLoopBackOff: container web ended with exit code 1`; null: nothing to be seen. */
  readonly trouble: string | null
}

/** Any other object: a Kustomization, a HelmRelease, an Application. */
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
  readonly status: Tree
}

type Tree = Readonly<Record<string, unknown>>

/** The name under which the API server records what we change. */
export const FIELD_MANAGER = 'stackreflex'

/** The pod template's annotation that `kubectl rollout restart` sets. */
export const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

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
    stalled: stalledOf(status)
  }
}

export function readPod(body: unknown): Pod {
  const { metadata, status } = parts(body)
  const ready = conditions(status).some((one) => one.type === 'Ready' && one.status === 'True')
  return {
    name: text(metadata.name) ?? '',
    createdAt: text(metadata.creationTimestamp) ?? '',
    deleting: metadata.deletionTimestamp !== undefined,
    phase: text(status.phase) ?? 'Unknown',
    ready,
    trouble: ready ? null : troubleOf(status)
  }
}

export function readObject(apiVersion: string, kind: string, body: unknown): KubernetesObject {
  const { metadata, spec, status } = parts(body)
  const annotations = Object.entries(tree(metadata.annotations)).map(([name, value]) => [name, String(value)])
  return {
    apiVersion,
    kind,
    ...identity(metadata),
    annotations: Object.fromEntries(annotations),
    suspended: spec.suspend === true,
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
  return text(stalled.message) ?? 'ProgressDeadlineExceeded'
}

/** Waiting reasons of every healthy start. */
const starting = ['ContainerCreating', 'PodInitializing']

function troubleOf(status: Tree): string | null {
  const scheduled = conditions(status).find((one) => one.type === 'PodScheduled' && one.status === 'False')
  if (scheduled) return `${text(scheduled.reason) ?? 'Unschedulable'}: ${text(scheduled.message) ?? 'no reason given'}`
  for (const container of [...list(status.initContainerStatuses), ...list(status.containerStatuses)]) {
    const waiting = tree(tree(container.state).waiting)
    const reason = text(waiting.reason)
    if (reason === null || starting.includes(reason)) continue
    const ended = tree(tree(container.lastState).terminated)
    // The message of a crash loop tells how long the kubelet waits, not what happened.
    if (ended.exitCode !== undefined)
      return `${reason}: container ${container.name} ended with exit code ${ended.exitCode}`
    const message = text(waiting.message)
    return `${reason}: container ${container.name}${message === null ? '' : `: ${message}`}`
  }
  const phase = text(status.phase)
  if (phase === 'Failed') return `${text(status.reason) ?? 'Failed'}: ${text(status.message) ?? 'no reason given'}`
  const unready = list(status.containerStatuses).find((one) => one.ready === false && tree(one.state).running)
  if (unready) return `NotReady: container ${unready.name} runs, but its readiness probe does not succeed`
  return null
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

function parts(body: unknown) {
  const { metadata, spec, status } = tree(body)
  return { metadata: tree(metadata), spec: tree(spec), status: tree(status) }
}

const conditions = (status: Tree) => list(status.conditions)
const tree = (value: unknown): Tree =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Tree) : {}
const list = (value: unknown): readonly Tree[] => (Array.isArray(value) ? value.map(tree) : [])
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
