import type { ClustersAnswer } from '../shared/clusters.ts'
import type { AppliedAnswer } from '../shared/journal-memory.ts'
import type { RecordsetsAtAnswer } from './questions/recordsets-at.ts'
import type { ResourceAnswer } from './questions/resource-answer.ts'
/** What the lane of one name or one reverse name must know. */
export interface RecordLaneState {
  readonly resources: readonly ResourceAnswer[]
  readonly at: RecordsetsAtAnswer
  readonly applied: AppliedAnswer
  readonly clusters: ClustersAnswer
  /** Of a name that a PTR asks about: its own lane may be writing it right now. */
  readonly moving?: boolean
}
