import type { Json, Query } from '../core/query.ts'
import { loadClusters } from './clusters.ts'
import { loadEvent } from './event.ts'
import { loadFloatingIpPtr } from './floating-ip-ptr.ts'
import { loadGitlab } from './gitlab.ts'
import { loadIsolationKnown } from './isolation/known.ts'
import { loadIsolationMatrix } from './isolation/matrix.ts'
import { loadIsolationSubject } from './isolation/subject.ts'
import { loadIsolationWorld } from './isolation/world.ts'
import { loadApplied, loadBusyLanes, loadLanesAbout } from './journal-memory.ts'
import { loadNamesOf } from './names-of.ts'
import { loadQuotaGroup } from './quota-group.ts'
import { loadRecordsetsAt } from './recordsets-at.ts'
import { loadResource } from './resource.ts'
import type { Tools } from './tools.ts'
import { loadUndoable } from './undoable.ts'
import { loadWorkload } from './workload.ts'
import { loadWorld } from './world.ts'

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
