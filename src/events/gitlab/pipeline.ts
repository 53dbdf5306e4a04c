import type { GitlabData } from '../event.ts'
import type { JsonObject } from '../json-object.ts'
import { common, isFork, type WebhookFacts, yesOrNo } from './common.ts'
import { exactly, link, object, positiveWhole, projectPath, sha, title, word } from './fields.ts'

/**
 * Where a pipeline is a run of its branch or tag as a whole, started by whom GitLab lets run it there. Not among them: runs
 * for a merge request, whose `ref` is a branch of whoever opened it; parts of another pipeline; what another project started;
 * one job out of a chat; scans; and what an outside CI says of itself through the API. A source that is new to us is none.
 */
const ownRuns: readonly (string | null)[] = ['push', 'web', 'api', 'trigger', 'schedule']

/** Reads a pipeline webhook. */
export function pipeline(body: JsonObject, path: string): WebhookFacts {
  const its = object(body.object_attributes)
  const id = positiveWhole(its.id)
  const source = word(its.source)
  const own = ownRuns.includes(source) && isNothing(body.merge_request) && isNothing(body.source_pipeline)
  const ref = own ? exactly(its.ref) : null
  return {
    subject: id === null ? null : `${path}/-/pipelines/${id}`,
    data: {
      ...common('pipeline', body, path),
      state: word(its.status),
      branch: its.tag === false ? ref : null,
      tag: its.tag === true ? ref : null,
      sha: sha(its.sha),
      iid: positiveWhole(its.iid),
      url: link(its.url),
      title: title(its.name),
      pipelineSource: source,
      protected: yesOrNo(its.protected_ref),
      parent: parentOf(body),
      schedule: source === null ? null : source === 'schedule',
      ...ofMergeRequest(body, source)
    }
  }
}

const isNothing = (value: unknown): boolean => value === null || value === undefined

function parentOf({ source_pipeline: parent }: JsonObject): string | null {
  if (isNothing(parent)) return null
  const { project, pipeline_id: id } = object(parent)
  return `${projectPath(object(project).path_with_namespace) ?? '(unknown)'}/-/pipelines/${positiveWhole(id) ?? '(unknown)'}`
}

type OfMergeRequest = Pick<GitlabData, 'mergeRequest' | 'sourceBranch' | 'targetBranch' | 'fork'>

function ofMergeRequest({ merge_request: it }: JsonObject, source: string | null): OfMergeRequest {
  const none = { mergeRequest: null, sourceBranch: null, targetBranch: null }
  // A pipeline for one without a word about it: nobody knows from where it is.
  if (isNothing(it)) return { ...none, fork: source === null || source.endsWith('request_event') ? null : false }
  const { iid, source_branch, target_branch, source_project_id, target_project_id } = object(it)
  return {
    mergeRequest: positiveWhole(iid),
    sourceBranch: exactly(source_branch),
    targetBranch: exactly(target_branch),
    fork: isFork(source_project_id, target_project_id)
  }
}
