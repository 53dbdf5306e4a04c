import type { Tree } from '../wire.ts'

/** A kind that the fake API server serves. */
export interface Kind {
  /** Empty: the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  /** Defined by a CRD: no strategic merge patch. */
  readonly custom: boolean
}

const apps = { group: 'apps', version: 'v1', namespaced: true, custom: false } as const
const core = { group: '', version: 'v1', custom: false } as const
const custom = { namespaced: true, custom: true } as const

const flux = { ...custom, group: 'source.toolkit.fluxcd.io', version: 'v1' } as const

export const KINDS: readonly Kind[] = [
  { ...core, kind: 'Namespace', plural: 'namespaces', namespaced: false },
  { ...core, kind: 'Pod', plural: 'pods', namespaced: true },
  { ...apps, kind: 'Deployment', plural: 'deployments' },
  { ...apps, kind: 'StatefulSet', plural: 'statefulsets' },
  { ...apps, kind: 'DaemonSet', plural: 'daemonsets' },
  { ...custom, group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', plural: 'kustomizations' },
  { ...custom, group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease', plural: 'helmreleases' },
  { ...flux, kind: 'GitRepository', plural: 'gitrepositories' },
  { ...flux, kind: 'OCIRepository', plural: 'ocirepositories' },
  { ...flux, kind: 'HelmRepository', plural: 'helmrepositories' },
  { ...flux, kind: 'HelmChart', plural: 'helmcharts' },
  { ...flux, kind: 'Bucket', plural: 'buckets' },
  // Flux before 2.7 serves no other version of it.
  {
    ...custom,
    group: 'image.toolkit.fluxcd.io',
    version: 'v1beta2',
    kind: 'ImageRepository',
    plural: 'imagerepositories'
  },
  { ...custom, group: 'argoproj.io', version: 'v1alpha1', kind: 'Application', plural: 'applications' }
]

export const kindOf = (kind: string): Kind => {
  const found = KINDS.find((one) => one.kind === kind)
  if (found === undefined) throw new Error(`the fake API server serves no ${kind}`)
  return found
}

export const apiVersionOf = ({ group, version }: Kind): string => (group === '' ? version : `${group}/${version}`)

/** `deployments.apps`, as error messages name it. */
export const qualified = ({ group, plural }: Kind): string => (group === '' ? plural : `${plural}.${group}`)

/** An object as the API server keeps it. */
export interface Stored {
  readonly apiVersion: string
  readonly kind: string
  metadata: Tree & { name: string; namespace?: string; resourceVersion: string; generation?: number }
  spec: Tree
  status: Tree
}
