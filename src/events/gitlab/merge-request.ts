import type { JsonObject } from '../json-object.ts'
import { common, isFork, type WebhookFacts } from './common.ts'
import { exactly, link, object, positiveWhole, projectPath, sha, title, word } from './fields.ts'

/**
 * A merge request is an event of its target branch in one moment only: when it is merged. Whoever may open, label or approve
 * one has not thereby changed anything there.
 */
export function mergeRequest(body: JsonObject, path: string): WebhookFacts {
  const its = object(body.object_attributes)
  const iid = positiveWhole(its.iid)
  const action = word(its.action)
  const state = word(its.state)
  const target = exactly(its.target_branch)
  const merged = action === 'merge' && state === 'merged'
  return {
    subject: iid === null ? null : `${path}!${iid}`,
    data: {
      ...common('merge_request', body, path),
      action,
      state,
      branch: merged ? target : null,
      sha: merged ? mergedSha(its) : null,
      iid,
      url: link(its.url),
      title: title(its.title),
      sourceBranch: exactly(its.source_branch),
      sourceProject: projectPath(object(its.source).path_with_namespace),
      targetBranch: target,
      fork: isFork(its.source_project_id, its.target_project_id),
      mergeRequest: iid,
      // No webhook of this kind says it.
      protected: null
    }
  }
}

/**
 * The newest commit that surely lies on the target branch: the merge commit, else the squashed one. Where there is neither, it
 * was a fast-forward and the last commit is on the branch itself, but only where GitLab says that nothing was squashed:
 * otherwise the last commit was left behind.
 */
function mergedSha(its: JsonObject): string | null {
  const there = sha(its.merge_commit_sha) ?? sha(its.squash_commit_sha)
  if (there !== null) return there
  const notSquashed = its.squash === false || its.squash_commit_sha === null
  return its.merge_commit_sha === null && notSquashed ? sha(object(its.last_commit).id) : null
}
