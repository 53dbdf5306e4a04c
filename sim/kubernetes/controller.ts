import { createHash } from 'node:crypto'
import { type Tree, tree } from '../wire.ts'
import { createFlux } from './flux.ts'
import { kindOf, type Stored } from './kinds.ts'
import type { Store } from './store.ts'

/**
 * Why a rollout does not come to its end: what keeps the first new pod. `Unhandled`: the controller of a Kustomization,
 * HelmRelease, source or Application does not look; anything else there is the reason of Ready=False (`Progressing`: of
 * Unknown; `…Error`: of Argo CD's condition), until it is taken away.
 */
export type Stuck = 'CrashLoopBackOff' | 'ImagePullBackOff' | 'Unschedulable' | 'Unhandled' | (string & {})

export interface ControllerOptions {
  /** From a changed template to the last available pod; from an annotation to its being handled. */
  readonly rollMs: number
  /** From a stuck rollout to ProgressDeadlineExceeded. */
  readonly progressDeadlineMs: number
  readonly stuck: ReadonlyMap<string, Stuck>
  /** What there is to fetch, by the name of the object that fetches it. */
  readonly published: ReadonlyMap<string, string>
}

/** What kube-controller-manager, Flux and Argo CD do about a changed object. */
export function createController(options: ControllerOptions, getStore: () => Store) {
  const { rollMs, progressDeadlineMs, stuck, published } = options
  const timers = new Map<string, Set<NodeJS.Timeout>>()
  const rolled = new Map<string, string>()
  let closed = false

  function later(at: string, ms: number, what: () => void): void {
    const mine = timers.get(at) ?? new Set()
    timers.set(at, mine)
    const timer = setTimeout(() => {
      mine.delete(timer)
      if (!closed) what()
    }, ms)
    mine.add(timer.unref())
  }
  function cancel(at: string): void {
    for (const timer of timers.get(at) ?? []) clearTimeout(timer)
    timers.delete(at)
  }

  function report(object: Stored, status: Tree): void {
    const { name, namespace = '' } = object.metadata
    if (!getStore().find(kindOf(object.kind), namespace, name)) return
    getStore().patch(kindOf(object.kind), namespace, name, { status }, { manager: 'controller', subresource: 'status' })
  }

  const flux = createFlux({ rollMs, stuck, published, later, report, getStore })

  function setPod(object: Stored, hash: string, n: number, status: Tree): void {
    const { name, namespace = '' } = object.metadata
    const store = getStore()
    const pod = `${name}-${hash}-${n}`
    if (!store.find(kindOf('Pod'), namespace, pod)) {
      const labels = { ...tree(tree(object.spec.selector).matchLabels), 'pod-template-hash': hash }
      const { spec } = tree(object.spec.template)
      store.create(kindOf('Pod'), namespace, { metadata: { name: pod, labels }, spec }, 'controller')
    }
    store.patch(kindOf('Pod'), namespace, pod, { status }, { manager: 'kubelet', subresource: 'status' })
  }

  function dropPods(object: Stored, keep: (hash: string, n: number) => boolean): void {
    const { name, namespace = '' } = object.metadata
    for (const pod of getStore().list(kindOf('Pod'), namespace)) {
      const hash = String(tree(pod.metadata.labels)['pod-template-hash'])
      const start = `${name}-${hash}-`
      if (pod.metadata.name.startsWith(start) && !keep(hash, Number(pod.metadata.name.slice(start.length))))
        getStore().remove(kindOf('Pod'), namespace, pod.metadata.name)
    }
  }

  function roll(object: Stored): void {
    const { name, namespace = '', generation = 1 } = object.metadata
    const at = `${object.kind}/${namespace}/${name}`
    const hash = createHash('sha256').update(JSON.stringify(object.spec.template)).digest('hex').slice(0, 9)
    const replicas = Number(object.spec.replicas ?? 1)
    const first = !rolled.has(at)
    const old = rolled.get(at)
    if (old === `${hash} ${replicas}`) {
      report(object, { observedGeneration: generation })
      return
    }
    rolled.set(at, `${hash} ${replicas}`)
    cancel(at)
    const counted = (status: { replicas: number; updated: number; available: number }) =>
      numbers(object, { ...status, desired: replicas, generation, hash, oldHash: old?.split(' ')[0] ?? hash })

    // What is there when a test begins is there at once.
    const why = stuck.get(name)
    if (first && why === undefined) {
      for (let n = 0; n < replicas; n++) setPod(object, hash, n, running)
      report(object, counted({ replicas, updated: replicas, available: replicas }))
      return
    }
    later(at, rollMs / 10, () => {
      if (why === undefined) {
        report(object, counted({ replicas, updated: 0, available: replicas }))
        return
      }
      if (why === 'FailedCreate') {
        const message = `pods "${name}-${hash}-" is forbidden: exceeded quota: compute, requested: limits.memory=2Gi, used: limits.memory=8Gi, limited: limits.memory=8Gi`
        report(object, counted({ replicas, updated: 0, available: replicas }))
        report(object, { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: why, message }] })
        return
      }
      setPod(object, hash, 0, keptBy(why, object))
      report(object, counted({ replicas: replicas + 1, updated: 1, available: first ? 0 : replicas }))
    })
    if (why === undefined) {
      const partition = partitionOf(object)
      for (let n = partition; n < replicas; n++)
        later(at, (rollMs * (n + 2)) / (replicas + 2), () => {
          setPod(object, hash, n, running)
          // One more than there should be, until the old one has ended.
          report(object, counted({ replicas: replicas + 1, updated: n + 1, available: replicas }))
        })
      later(at, rollMs, () => {
        dropPods(object, (one, n) => one === hash || n < partition)
        report(object, counted({ replicas, updated: replicas, available: replicas }))
      })
    } else if (object.kind === 'Deployment') {
      later(at, progressDeadlineMs, () => {
        const message = `ReplicaSet "${name}-${hash}" has timed out progressing.`
        const condition = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message }
        const { namespace: own = '' } = object.metadata
        const said = (getStore().find(kindOf(object.kind), own, name)?.status.conditions ?? []) as Tree[]
        report(object, { conditions: [...said.filter(({ type }) => type !== condition.type), condition] })
      })
    }
  }

  function argo(object: Stored): void {
    const { name, namespace = '' } = object.metadata
    const refresh = 'argocd.argoproj.io/refresh'
    if (tree(object.metadata.annotations)[refresh] === undefined || stuck.get(name) === 'Unhandled') return
    later(`${object.kind}/${namespace}/${name}`, rollMs, () => {
      const kind = kindOf(object.kind)
      if (!getStore().find(kind, namespace, name)) return
      const by = { manager: 'argocd-controller' }
      const why = stuck.get(name)
      const conditions = why?.endsWith('Error') ? [{ type: why, message: `${why}: rpc error: manifests` }] : []
      const sync = { status: why === undefined ? 'Synced' : why === 'OutOfSync' ? why : 'Unknown' }
      const revision = published.get(object.metadata.name)
      // Argo CD has no status subresource; in one object it is the same.
      report(object, { conditions, sync: { ...sync, ...(revision && { revision }) }, health: { status: 'Healthy' } })
      getStore().patch(kind, namespace, name, { metadata: { annotations: { [refresh]: null } } }, by)
    })
  }

  return {
    changed(object: Stored): void {
      if (['Deployment', 'StatefulSet', 'DaemonSet'].includes(object.kind)) roll(object)
      else if (kindOf(object.kind).group.endsWith('toolkit.fluxcd.io')) flux(object)
      else if (object.kind === 'Application') argo(object)
    },
    close(): void {
      closed = true
      for (const at of [...timers.keys()]) cancel(at)
    }
  }
}

interface Counted {
  readonly replicas: number
  readonly updated: number
  readonly available: number
  readonly desired: number
  readonly generation: number
  readonly hash: string
  readonly oldHash: string
}

function numbers(object: Stored, { replicas, updated, available, desired, generation, hash, oldHash }: Counted): Tree {
  const { name } = object.metadata
  const observedGeneration = generation
  if (object.kind === 'DaemonSet')
    return {
      observedGeneration,
      desiredNumberScheduled: desired,
      currentNumberScheduled: desired,
      updatedNumberScheduled: updated,
      numberReady: available,
      numberAvailable: available
    }
  const counts = { observedGeneration, replicas, updatedReplicas: updated, readyReplicas: available }
  const over = updated >= desired && replicas === desired
  if (object.kind === 'StatefulSet')
    return {
      ...{ ...counts, replicas: desired, availableReplicas: available },
      updatedReplicas: Math.min(updated, desired - partitionOf(object)),
      currentRevision: `${name}-${over && partitionOf(object) === 0 ? hash : oldHash}`,
      updateRevision: `${name}-${hash}`
    }
  const reason = over ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated'
  return {
    ...counts,
    availableReplicas: available,
    unavailableReplicas: replicas - available || null,
    conditions: [{ type: 'Progressing', status: 'True', reason, message: `ReplicaSet "${name}-${hash}"` }]
  }
}

/** Of a StatefulSet: so many pods are left as they are. */
const partitionOf = ({ kind, spec }: Stored): number =>
  kind === 'StatefulSet' ? Number(tree(tree(spec.updateStrategy).rollingUpdate).partition ?? 0) : 0

const running: Tree = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ name: 'web', ready: true, state: { running: {} } }]
}

function keptBy(why: Stuck, object: Stored): Tree {
  if (why === 'Unschedulable') {
    const message = '0/3 nodes are available: 3 Insufficient memory.'
    return { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: why, message }] }
  }
  const message =
    why === 'ImagePullBackOff'
      ? 'Back-off pulling image "web:latest"'
      : `back-off 10s restarting failed container=web pod=${object.metadata.name}`
  if (why === 'OOMKilled') {
    const lastState = { terminated: { exitCode: 137, reason: why } }
    const container = {
      name: 'web',
      ready: false,
      state: { waiting: { reason: 'CrashLoopBackOff', message } },
      lastState
    }
    return { phase: 'Running', containerStatuses: [container] }
  }
  const ended = why === 'CrashLoopBackOff' ? { lastState: { terminated: { exitCode: 1, reason: 'Error' } } } : {}
  return {
    phase: why === 'CrashLoopBackOff' ? 'Running' : 'Pending',
    conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
    containerStatuses: [{ name: 'web', ready: false, state: { waiting: { reason: why, message } }, ...ended }]
  }
}
