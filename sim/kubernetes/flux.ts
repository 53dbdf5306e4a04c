import { type Tree, text, tree } from '../wire.ts'
import type { Stuck } from './controller.ts'
import { kindOf, type Stored } from './kinds.ts'
import type { Store } from './store.ts'

interface FluxOptions {
  readonly rollMs: number
  readonly stuck: ReadonlyMap<string, Stuck>
  readonly published: ReadonlyMap<string, string>
  readonly later: (at: string, ms: number, what: () => void) => void
  readonly report: (object: Stored, status: Tree) => void
  readonly getStore: () => Store
}

const sources = ['GitRepository', 'OCIRepository', 'HelmRepository', 'HelmChart', 'Bucket']
/** What waits for something else is tried again by itself. */
const passing = ['DependencyNotReady', 'ArtifactFailed', 'Progressing']

/** What source-, kustomize- and helm-controller do about an object that is new or told to reconcile. */
export function createFlux({ rollMs, stuck, published, later, report, getStore }: FluxOptions) {
  const handled = new Map<string, string>()

  const find = (kind: string, namespace: string, name: string) => getStore().find(kindOf(kind), namespace, name)

  /** The source that an object names; a release has a chart between, which is made with it. */
  function sourceOf({ kind, metadata, spec }: Stored): Stored | undefined {
    const { name, namespace: own = '' } = metadata
    const at = tree(spec.sourceRef ?? spec.chartRef ?? tree(tree(spec.chart).spec).sourceRef)
    const namespace = text(at.namespace) ?? own
    if (kind !== 'HelmRelease' || spec.chart === undefined)
      return find(text(at.kind) ?? 'Bucket', namespace, text(at.name) ?? '')
    const chart = `${own}-${name}`
    if (find('HelmChart', namespace, chart) === undefined)
      getStore().create(kindOf('HelmChart'), namespace, { metadata: { name: chart }, spec: { sourceRef: at } }, 'flux')
    return find('HelmChart', namespace, chart)
  }

  const fetched = (source: Stored | undefined) => text(tree(source?.status.artifact).revision)

  /** What a look at it leaves in its status, where nothing is wrong. */
  function result(object: Stored): Tree {
    const { kind, metadata, status } = object
    const source = sourceOf(object)
    const observedSourceArtifactRevision = fetched(source)
    if (sources.includes(kind)) {
      const revision = published.get(metadata.name) ?? fetched(object) ?? 'main@sha1:5a'
      return { artifact: { revision }, ...(kind === 'HelmChart' && { observedSourceArtifactRevision }) }
    }
    const revision = fetched(source) ?? 'main@sha1:5a'
    if (kind !== 'HelmRelease') return kind === 'Kustomization' ? { lastAppliedRevision: revision } : {}
    const { name, namespace } = source?.metadata ?? {}
    const helmChart = source?.kind === 'HelmChart' ? `${namespace}/${name}` : status.helmChart
    return {
      lastAttemptedRevision: revision,
      history: [{ chartVersion: revision }],
      ...(helmChart ? { helmChart } : {})
    }
  }

  function look(object: Stored, asked: string | null): void {
    const { name, namespace = '', generation } = object.metadata
    const now = find(object.kind, namespace, name)
    if (now === undefined) return
    const why = stuck.get(name)
    const common = { observedGeneration: generation, ...(asked === null ? {} : { lastHandledReconcileAt: asked }) }
    if (why === undefined) {
      const message = 'Applied revision: main@sha1:5a'
      const ready = { type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', message }
      report(now, { ...common, ...result(now), conditions: [ready] })
      return
    }
    const status = why === 'Progressing' ? 'Unknown' : 'False'
    report(now, {
      ...common,
      conditions: [{ type: 'Ready', status, reason: why, message: `${why}: the apply failed` }]
    })
    if (passing.includes(why)) later(`${object.kind}/${namespace}/${name}`, rollMs, () => look(object, asked))
  }

  return (object: Stored): void => {
    const { name, namespace, annotations } = object.metadata
    const asked = text(tree(annotations)['reconcile.fluxcd.io/requestedAt'])
    const at = `${object.kind}/${namespace}/${name}`
    if (object.spec.suspend === true) return
    // What is there when a test begins has been looked at.
    if (asked === null && Object.keys(object.status).length === 0) look(object, null)
    if (asked === null || handled.get(at) === asked) return
    handled.set(at, asked)
    if (stuck.get(name) !== 'Unhandled') later(at, rollMs, () => look(object, asked))
  }
}
