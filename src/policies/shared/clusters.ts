import type { Query } from '../../core/query.ts'
import type { Tools } from './tools.ts'

/** Keystone project id → name of the configured cluster. */
export type ClustersAnswer = Readonly<Record<string, string>>

/** The question: which project is which cluster's? */
export const clustersQuery: Query = { name: 'clusters', params: {} }

/** Answers `clusters`; rejects while the Keystone of one of them does not answer. */
export async function loadClusters(_params: unknown, tools: Tools): Promise<ClustersAnswer> {
  return Object.fromEntries((await tools.clusters()).map((cluster) => [cluster.projectId, cluster.name]))
}
