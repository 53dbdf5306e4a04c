import type { JsonObject } from '../json-object.ts'
import { common, type WebhookFacts, yesOrNo } from './common.ts'
import { exactly, link, object, positiveWhole, sha, shaIn, title, under, word } from './fields.ts'
import { mergeRequest } from './merge-request.ts'
import { pipeline } from './pipeline.ts'

/** Kinds of webhooks that become events. A map: a kind may be called `constructor`. */
export const readers: ReadonlyMap<string, (body: JsonObject, path: string) => WebhookFacts> = new Map([
  ['merge_request', mergeRequest],
  ['push', push],
  ['tag_push', tagPush],
  ['pipeline', pipeline],
  ['deployment', deployment],
  ['release', release]
])

/** Where their contents hang: without it, it is no webhook as GitLab sends it. */
export const holders: ReadonlyMap<string, string> = new Map([
  ['merge_request', 'object_attributes'],
  ['pipeline', 'object_attributes']
])

function push(body: JsonObject, path: string): WebhookFacts {
  const branch = under('refs/heads/', body.ref)
  return {
    subject: branch === null ? null : `${path}/-/tree/${branch}`,
    data: {
      ...common('push', body, path),
      branch,
      sha: sha(body.after),
      user: exactly(body.user_username),
      title: title(headCommit(body).title),
      protected: yesOrNo(body.ref_protected),
      moved: movedBy(body)
    }
  }
}

function tagPush(body: JsonObject, path: string): WebhookFacts {
  const tag = under('refs/tags/', body.ref)
  return {
    subject: tag === null ? null : `${path}/-/tags/${tag}`,
    data: {
      ...common('tag_push', body, path),
      tag,
      // Of an annotated tag, `after` is the tag's own object.
      sha: sha(body.checkout_sha),
      user: exactly(body.user_username),
      protected: yesOrNo(body.ref_protected),
      moved: movedBy(body)
    }
  }
}

/**
 * GitLab does not say whether the ref is a branch or a tag, and whoever may call its API can record a deployment of any
 * ref: it is nobody's branch. Who may deploy to an environment is what GitLab does look after.
 */
function deployment(body: JsonObject, path: string): WebhookFacts {
  const id = positiveWhole(body.deployment_id)
  return {
    subject: id === null ? null : `${path}/-/deployments/${id}`,
    data: {
      ...common('deployment', body, path),
      state: word(body.status),
      environment: exactly(body.environment),
      url: link(body.deployable_url),
      title: title(body.commit_title),
      ref: exactly(body.ref),
      // The full id is in the commit's address only.
      commit: shaIn(body.commit_url),
      protected: null
    }
  }
}

function release(body: JsonObject, path: string): WebhookFacts {
  const tag = exactly(body.tag)
  return {
    subject: tag === null ? null : `${path}/-/releases/${tag}`,
    data: {
      ...common('release', body, path),
      action: word(body.action),
      tag,
      sha: sha(object(body.commit).id),
      url: link(body.url),
      title: title(body.name),
      protected: null
    }
  }
}

/** From which commit to which; null where one is no commit id, nor the zeros that stand for none. */
function movedBy({ before, after }: JsonObject): { readonly from: string; readonly to: string } | null {
  const id = (value: unknown): value is string =>
    typeof value === 'string' && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value)
  return id(before) && id(after) ? { from: before, to: after } : null
}

/** The commit that the branch points to by now; GitLab sends the newest 20. */
function headCommit(body: JsonObject): JsonObject {
  const commits = Array.isArray(body.commits) ? body.commits : []
  return object(commits.findLast((one) => object(one).id === body.after))
}
