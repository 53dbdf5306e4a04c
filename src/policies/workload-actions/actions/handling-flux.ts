import { cleanText } from '../../../base/error-text.ts'
import type { KubernetesObject } from '../../../clients/kubernetes/kubernetes.ts'
import type { Handling } from './handling-state.ts'

interface Condition {
  readonly type?: string
  readonly status?: string
  readonly reason?: string
  readonly message?: string
}

/** Reasons of Ready=False that end by themselves: something that it rests on is not ready yet. */
const passing = [
  'ArtifactFailed',
  'DependencyNotReady',
  'NoSourceArtifact',
  'Progressing',
  'ProgressingWithRetry',
  'SourceNotReady',
  'SourceUnavailable'
]

/** Reads what Flux says of an object that it has handled. `source`: what it applies; null for a source, and where none is known. */
export function fluxState(object: KubernetesObject, source: KubernetesObject | null): Handling {
  const conditions = (object.status.conditions as readonly Condition[] | undefined) ?? []
  const said = (type: string) => conditions.find((one) => one.type === type)
  const stalled = said('Stalled')
  if (stalled?.status === 'True') return { state: 'failed', sentence: `Stalled: ${told(stalled)}` }
  const ready = said('Ready')
  if (ready === undefined) return { state: 'waits', sentence: 'Flux does not say yet whether it is ready' }
  if (ready.status === 'False')
    return { state: passing.includes(ready.reason ?? '') ? 'waits' : 'failed', sentence: told(ready) }
  if (ready.status !== 'True') return { state: 'waits', sentence: `Ready is ${ready.status}: ${told(ready)}` }
  const { observedGeneration } = object.status
  if (typeof observedGeneration === 'number' && observedGeneration < object.generation)
    return { state: 'waits', sentence: `its last change is not looked at yet; before that ${told(ready)}` }
  const behind = source === null || !tells(object, source) ? null : behindOf(object, source)
  return behind === null ? { state: 'done', sentence: told(ready) } : { state: 'waits', sentence: behind }
}

/** A release names the chart that it has, never the repository that the chart is of. */
const tells = (object: KubernetesObject, source: KubernetesObject) =>
  object.kind !== 'HelmRelease' || source.kind === 'HelmChart' || source.kind === 'OCIRepository'

/** Why what an object applied is not what its source has; null: it is. */
function behindOf(object: KubernetesObject, source: KubernetesObject): string | null {
  const what = `${source.kind.toLowerCase()} ${source.namespace}/${source.name}`
  const revision = artifactOf(source).revision
  if (revision === undefined) return `its source ${what} has fetched nothing`
  // A chart of a registry has its digest behind the tag.
  const spellings = [revision, revision.split('@').at(-1)]
  const applied = fluxRevisions(object)
  if (applied.some((one) => spellings.includes(one))) return null
  return `it has ${applied[0] ?? 'applied nothing'}, and its source ${what} ${revision}`
}

interface Artifact {
  readonly revision?: string
  readonly metadata?: Readonly<Record<string, string>>
}
const artifactOf = ({ status }: KubernetesObject): Artifact => (status.artifact as Artifact | undefined) ?? {}

/** Lists the revisions that an object's status names, what it holds first, then what that was made of. */
export function fluxRevisions(object: KubernetesObject): readonly string[] {
  const { revision, metadata } = artifactOf(object)
  const { lastAppliedRevision, lastAppliedOriginRevision, lastAttemptedRevision, lastAttemptedRevisionDigest } =
    object.status
  // The history of a Kustomization tells something else, and a release that was tried is not one that is there.
  const history = object.kind === 'HelmRelease' ? object.status.history : undefined
  const last = (history as readonly { chartVersion?: string; ociDigest?: string }[] | undefined)?.[0]
  const released = last === undefined ? lastAttemptedRevision : last.chartVersion
  return [
    revision,
    lastAppliedRevision,
    ...(object.kind === 'HelmRelease' ? [released, last?.ociDigest, lastAttemptedRevisionDigest] : []),
    lastAppliedOriginRevision,
    metadata?.['org.opencontainers.image.revision'],
    object.status.observedSourceArtifactRevision
  ].filter((one) => typeof one === 'string')
}

const told = ({ reason, message }: Condition): string =>
  cleanText([reason, message].filter(Boolean).join(': ')) || 'it says no more'
