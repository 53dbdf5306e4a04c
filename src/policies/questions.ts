import type { Json, Query } from '../core/query.ts'
import { loadFloatingIpPtr } from './dns-records/questions/floating-ip-ptr.ts'
import { loadNamesOf } from './dns-records/questions/names-of.ts'
import { loadRecordsetsAt } from './dns-records/questions/recordsets-at.ts'
import { loadResource } from './dns-records/questions/resource.ts'
import { loadWorld } from './dns-records/questions/world.ts'
import { loadIsolationKnown } from './isolation/questions/known.ts'
import { loadIsolationMatrix } from './isolation/questions/matrix.ts'
import { loadIsolationSubject } from './isolation/questions/subject.ts'
import { loadIsolationWorld } from './isolation/questions/world.ts'
import { loadQuotaGroup } from './quota-rebalance/questions/quota-group.ts'
import { loadClusters } from './shared/clusters.ts'
import { loadEvent } from './shared/event.ts'
import { loadApplied, loadBusyLanes, loadLanesAbout } from './shared/journal-memory.ts'
import type { Tools } from './shared/tools.ts'
import { loadUndoable } from './undo/undoable.ts'
import { loadGitlab } from './workload-actions/questions/gitlab.ts'
import { loadWorkload } from './workload-actions/questions/workload.ts'

// biome-ignore lint/suspicious/noExplicitAny: each question knows its own parameters
const questions: Readonly<Record<string, (params: any, tools: Tools) => Promise<unknown>>> = {
  applied: loadApplied,
  'busy-lanes': loadBusyLanes,
  clusters: loadClusters,
  event: loadEvent,
  'floating-ip-ptr': loadFloatingIpPtr,
  gitlab: loadGitlab,
  'isolation-known': loadIsolationKnown,
  'isolation-matrix': (params, tools) => loadIsolationMatrix(params, tools),
  'isolation-subject': loadIsolationSubject,
  'isolation-world': loadIsolationWorld,
  'lanes-about': loadLanesAbout,
  'names-of': loadNamesOf,
  'quota-group': loadQuotaGroup,
  'recordsets-at': loadRecordsetsAt,
  resource: loadResource,
  undoable: loadUndoable,
  workload: loadWorkload,
  world: loadWorld
}

/** Answers one question; rejects where any part could not be read. To add one: its file and a line above. */
export async function load(query: Query, tools: Tools): Promise<Json> {
  const question = questions[query.name]
  if (question === undefined)
    throw new Error(`no question is called '${query.name}'; questions are: ${Object.keys(questions).join(', ')}`)
  return (await question(query.params, tools)) as Json
}
