import { conditions, list, parts, said, type Tree, text, tree } from './tree.ts'

/** A pod, cut down to what it runs and why it does not. */
export interface Pod {
  readonly name: string
  readonly createdAt: string
  readonly deleting: boolean
  readonly phase: string
  readonly ready: boolean
  /** What its containers run, without the init containers. */
  readonly images: readonly string[]
  /** What keeps it, e.g. `CrashLoopBackOff: container web ended with exit code 1`; null: nothing to be seen. */
  readonly trouble: string | null
  /** What it still waits for, as every healthy start does for a moment: `ContainerCreating`; null: for nothing. */
  readonly starting: string | null
}

/** Reads a pod. */
export function readPod(body: unknown): Pod {
  const { metadata, spec, status } = parts(body)
  const ready = conditions(status).some((one) => one.type === 'Ready' && one.status === 'True')
  return {
    name: text(metadata.name) ?? '',
    createdAt: text(metadata.creationTimestamp) ?? '',
    deleting: metadata.deletionTimestamp !== undefined,
    phase: text(status.phase) ?? 'Unknown',
    ready,
    images: list(spec.containers).flatMap((one) => text(one.image) ?? []),
    trouble: ready ? null : troubleOf(status),
    starting: ready ? null : startingOf(status)
  }
}

/** Waiting reasons of every healthy start. */
const healthy = ['ContainerCreating', 'PodInitializing']

const containers = (status: Tree) => [...list(status.initContainerStatuses), ...list(status.containerStatuses)]
const waitingOf = (container: Tree) => said(tree(tree(container.state).waiting).reason)

function troubleOf(status: Tree): string | null {
  const scheduled = conditions(status).find((one) => one.type === 'PodScheduled' && one.status === 'False')
  if (scheduled) return `${said(scheduled.reason) ?? 'Unschedulable'}: ${said(scheduled.message) ?? 'no reason given'}`
  for (const container of containers(status)) {
    const reason = waitingOf(container)
    if (reason === null || healthy.includes(reason)) continue
    const ended = endedOf(tree(container.lastState))
    // The message of a crash loop tells how long the kubelet waits, not what happened.
    if (ended !== null) return `${reason}: container ${container.name} ${ended}`
    const message = said(tree(tree(container.state).waiting).message)
    return `${reason}: container ${container.name}${message === null ? '' : `: ${message}`}`
  }
  const over = containers(status).find((one) => (tree(tree(one.state).terminated).exitCode ?? 0) !== 0)
  const phase = text(status.phase)
  if (phase === 'Failed' && (text(status.reason) !== null || over === undefined))
    return `${said(status.reason) ?? 'Failed'}: ${said(status.message) ?? 'no reason given'}`
  // Between its end and the next try there is no back-off yet.
  if (over !== undefined) {
    const reason = said(tree(tree(over.state).terminated).reason) ?? 'Error'
    return `${reason}: container ${over.name} ${endedOf(tree(over.state))}`
  }
  const unready = list(status.containerStatuses).find((one) => one.ready === false && tree(one.state).running)
  if (unready) {
    const before = endedOf(tree(unready.lastState))
    const again = before === null ? '' : `; before that it ${before}`
    return `NotReady: container ${unready.name} runs, but its readiness probe does not succeed${again}`
  }
  return null
}

/** How a container ended; what it wrote on its way out may hold secrets and is left out. */
function endedOf(state: Tree): string | null {
  const { exitCode, reason } = tree(state.terminated)
  if (exitCode === undefined) return null
  const why = text(reason)
  return `ended with exit code ${exitCode}${why === null || why === 'Error' || why === 'Completed' ? '' : ` (${why})`}`
}

function startingOf(status: Tree): string | null {
  const found = containers(status).find((one) => healthy.includes(waitingOf(one) ?? ''))
  return found === undefined ? null : waitingOf(found)
}
