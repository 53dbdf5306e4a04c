import { defineQuestion } from './define-question.ts'

/** Keystone project id → name of the configured cluster. */
export type ClustersAnswer = Readonly<Record<string, string>>

/** Defines the question: which project is which cluster's? Rejects while the Keystone of one of them does not answer. */
export const clustersQuestion = defineQuestion(
  'clusters',
  async (_params: Record<never, never>, tools): Promise<ClustersAnswer> => {
    return Object.fromEntries((await tools.clusters()).map((cluster) => [cluster.projectId, cluster.name]))
  }
)
