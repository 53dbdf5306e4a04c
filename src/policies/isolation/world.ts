import type { ActionRequest } from '../../core/action.ts'
import { nameWithin } from '../../core/instance.ts'
import type { StepMaker } from '../shared/define-action.ts'
import type { OwnRange } from './came-first.ts'
import { parseRange, type Range } from './cidr.ts'
import { type PortRange, parsePorts } from './ports.ts'
import type { ClaimedRange, Doubt, KnownBreach, MatrixAnswer, MatrixCluster } from './questions/subjects.ts'
import type { ClusterSettings, IsolationSettings } from './settings.ts'

/** Projects of no cluster. */
export const outside = 'outside'

/** A project that its service does not name: it may be any, so that nothing is done because of it. */
export const unknown = 'unknown'

/** A cluster as the rules see it: what the services say of it, and its settings. */
export interface ClusterView extends MatrixCluster {
  readonly settings: ClusterSettings
  readonly own: readonly OwnRange[]
  /** Of networks that its own people made: they say nothing about others. */
  readonly claims: readonly (ClaimedRange & { readonly range: Range })[]
  readonly publicPorts: readonly PortRange[]
}

type OnCloud = { readonly cloud?: string }

/** What every rule judges by. */
export interface World {
  readonly settings: IsolationSettings
  readonly matrix: MatrixAnswer
  readonly now: number
  readonly clusters: readonly ClusterView[]
  /** What the journal holds of the resource that is judged; none where nothing is known of it. */
  readonly known?: readonly KnownBreach[]
  /** The cluster of a project; null: none of ours. */
  clusterOf(projectId: string | null): ClusterView | null
  /** A cluster's name, `outside`, or `unknown` where no project is said. */
  holderOf(projectId: string | null): string
  /** Whose network it is, as `holderOf`; null: several may use it. */
  networkHolder(networkId: string, projectId: string | null): string | null
  /** Why nothing is done because of this one, where a name of the configuration may mean it; nothing where none does. */
  unsure(kind: Doubt['kind'], ids: readonly (string | null)[]): { readonly unsure?: string }
  /**
   * A step on one resource of the settings' cloud; `cluster` null: none bears it alone. `on`: what exactly is open, and the same
   * once somebody undid it: what a person undid is left alone by it, and nothing else.
   */
  step<Input extends OnCloud>(
    action: StepMaker<Input>,
    about: { readonly cluster: string | null; readonly on: string },
    input: Omit<Input, 'cloud'>
  ): ActionRequest
}

/** Makes the world of one instance of the policy. */
export function worldOf(matrix: MatrixAnswer, settings: IsolationSettings, policy = 'isolation'): World {
  const clusters = matrix.clusters.flatMap((one): ClusterView[] => {
    const written = settings.clusters[one.name]
    if (written === undefined) return []
    return [
      {
        ...one,
        settings: written,
        own: ownRanges(one, written.ranges),
        claims: (one.claimed ?? []).flatMap((claim) => {
          const range = parseRange(claim.cidr)
          return range === null ? [] : [{ ...claim, range }]
        }),
        publicPorts: written.publicPorts.flatMap((text) => parsePorts(text) ?? [])
      }
    ]
  })
  const byProject = new Map(clusters.flatMap((one) => (one.projectId === '' ? [] : [[one.projectId, one] as const])))
  const clusterOf = (projectId: string | null) => byProject.get(projectId ?? '') ?? null
  const holderOf = (projectId: string | null) =>
    clusterOf(projectId)?.name ?? (projectId === null || projectId === '' ? unknown : outside)
  return {
    settings,
    matrix,
    now: matrix.now,
    clusters,
    clusterOf,
    holderOf,
    networkHolder(networkId, projectId) {
      if (matrix.shared.networkIds.includes(networkId)) return null
      return clusters.find((one) => one.networkIds.includes(networkId))?.name ?? holderOf(projectId)
    },
    unsure(kind, ids) {
      const doubt = matrix.doubts?.find(
        (one) => one.kind === kind && (one.ids === null || ids.some((id) => id !== null && one.ids!.includes(id)))
      )
      return doubt === undefined ? {} : { unsure: doubt.why }
    },
    step: <Input extends OnCloud>(
      action: StepMaker<Input>,
      { cluster, on }: { readonly cluster: string | null; readonly on: string },
      input: Omit<Input, 'cloud'>
    ) =>
      action.request({
        cluster,
        target: `isolation/${settings.cloud}/${on}`,
        scope: `isolation/${cluster ?? nameWithin(policy, 'all')}`,
        // What others made is no share of anything that we hold: ten breaches must not keep the eleventh open.
        population: 0,
        // The compiler does not see that an input without its cloud, and the cloud, are the input.
        input: { cloud: settings.cloud, ...input } as Input
      })
  }
}

/** What the configuration says counts before everything else. */
function ownRanges({ ranges, since, swept = {} }: MatrixCluster, written: readonly string[]): readonly OwnRange[] {
  const said = written.flatMap((text) => {
    const range = parseRange(text)
    return range === null ? [] : [{ ...range, text, since: 0, swept: null }]
  })
  const found = ranges.flatMap((text) => {
    const range = parseRange(text)
    if (range === null) return []
    const at = since === undefined ? 0 : since[text] == null ? null : Date.parse(since[text])
    return [{ ...range, text, since: at, swept: swept[text] ?? null }]
  })
  return [...said, ...found]
}

/** Names a resource in a sentence: its name, else its id. */
export const called = ({ name, id }: { readonly name: string; readonly id: string }): string =>
  name === '' ? id : name

/** Names whom something is open to, in a sentence. */
export const whom = (to: string): string =>
  to === '*'
    ? 'everybody'
    : to === outside
      ? 'a project of no cluster'
      : to === unknown
        ? 'a project that is not said'
        : `cluster ${to}`
