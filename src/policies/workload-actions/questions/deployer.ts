import type { Kubernetes, KubernetesObject } from '../../../clients/kubernetes/kubernetes.ts'
import { withoutCredentials } from '../../../core/credentials.ts'
import { deployerVersions } from './deployer-kinds.ts'

/** An object that something else is made of; Flux has to look at it first. */
export interface SourceAnswer {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly status: 'present' | 'gone'
  readonly suspended: boolean
}

/** A repository of which something is made. */
export interface Repository {
  readonly url: string
  /** The branch that is followed, `HEAD` for the default one; null: a tag, a commit or a digest. */
  readonly branch: string | null
}

/** What an object is made of: what is to be looked at first, in order, and the repositories behind it. */
export interface Origin {
  readonly sources: readonly SourceAnswer[]
  readonly follows: readonly Repository[]
}

const nothing: Origin = { sources: [], follows: [] }
type Fields = Readonly<Record<string, unknown>>
const fields = (value: unknown): Fields => (value !== null && typeof value === 'object' ? (value as Fields) : {})
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** Reads an object of Flux or Argo CD in the version that the cluster serves; rejects with `no_kind` where it serves none. */
export async function getDeployer(
  kubernetes: Kubernetes,
  { kind, namespace, name }: { readonly kind: string; readonly namespace: string; readonly name: string }
): Promise<{ readonly apiVersion: string; readonly found: KubernetesObject | null }> {
  const [newest = '', ...older] = deployerVersions[kind] ?? []
  for (const apiVersion of [newest, ...older])
    try {
      return { apiVersion, found: await kubernetes.getObject(apiVersion, kind, namespace, name) }
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'no_kind' || apiVersion === older.at(-1) || older.length === 0)
        throw error
    }
  throw new Error(`no version of ${kind} is known`)
}

/** Reads where an object comes from; what it is made of is read, link by link. */
export async function originOf(object: KubernetesObject, kubernetes: Kubernetes): Promise<Origin> {
  const { kind, namespace, spec, status } = object
  if (kind === 'GitRepository' || kind === 'OCIRepository') return { sources: [], follows: repositoriesOf(object) }
  if (kind === 'Application') return { sources: [], follows: repositoriesOf(object) }
  if (kind === 'Kustomization' || kind === 'HelmChart') return behind(spec.sourceRef, namespace, kubernetes)
  if (kind !== 'HelmRelease') return nothing
  if (spec.chartRef !== undefined) return behind(spec.chartRef, namespace, kubernetes)
  const chart = fields(fields(spec.chart).spec)
  const made = text(status.helmChart)?.split('/')
  if (made?.length === 2) {
    const origin = await behind({ kind: 'HelmChart', namespace: made[0], name: made[1] }, namespace, kubernetes)
    // Flux makes the chart itself, with the release; one that is gone it makes anew.
    if (origin.sources.at(-1)?.status !== 'gone' || origin.sources.at(-1)?.kind !== 'HelmChart') return origin
  }
  return behind(chart.sourceRef, namespace, kubernetes)
}

async function behind(reference: unknown, own: string, kubernetes: Kubernetes): Promise<Origin> {
  const { kind, name, namespace } = fields(reference)
  const at = { kind: text(kind) ?? '', name: text(name) ?? '', namespace: text(namespace) ?? own }
  if (!Object.hasOwn(deployerVersions, at.kind) || at.name === '') return nothing
  const { apiVersion, found } = await getDeployer(kubernetes, at)
  if (found === null || found.deleting)
    return { sources: [{ apiVersion, ...at, status: 'gone', suspended: false }], follows: [] }
  const { sources, follows } = await originOf(found, kubernetes)
  // Nobody looks at a registry of charts: its address is all there is to it.
  if (at.kind === 'HelmRepository' && found.spec.type === 'oci') return { sources, follows }
  const source = { apiVersion, ...at, status: 'present', suspended: found.suspended } as const
  return { sources: [...sources, source], follows }
}

function repositoriesOf({ kind, spec, status }: KubernetesObject): readonly Repository[] {
  if (kind === 'GitRepository') {
    const { branch, tag, semver, name, commit } = fields(spec.ref)
    const head = /^refs\/heads\/(.+)$/.exec(text(name) ?? '')?.[1]
    const fixed = [tag, semver, name, commit].some((one) => text(one) !== null)
    const url = text(spec.url)
    return url === null
      ? []
      : [{ url: withoutCredentials(url), branch: head ?? (fixed ? null : (text(branch) ?? 'master')) }]
  }
  if (kind === 'OCIRepository') {
    const said = fields(fields(status.artifact).metadata)
    const url = text(said['org.opencontainers.image.source'])
    const of = /^(.+)[@/](?:sha1:)?[0-9a-f]{40}$/.exec(text(said['org.opencontainers.image.revision']) ?? '')
    return url === null ? [] : [{ url: withoutCredentials(url), branch: of?.[1] ?? null }]
  }
  const all = [spec.source, ...(Array.isArray(spec.sources) ? spec.sources : [])].map(fields)
  return all.flatMap(({ repoURL, targetRevision, chart }) => {
    const url = text(repoURL)
    return url === null || text(chart) !== null
      ? []
      : [{ url: withoutCredentials(url), branch: text(targetRevision) ?? 'HEAD' }]
  })
}
