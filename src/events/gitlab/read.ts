import type { GitlabData } from '../event.ts'
import { link, object, refName, sha, title, under, userName, whole, word } from './fields.ts'

type Json = Readonly<Record<string, unknown>>

/** What one kind of webhook says, and the resource that it is about, named as in GitLab's own references and addresses. */
export interface Read {
  readonly subject: string | null
  readonly data: GitlabData
}

/** Kinds of webhooks that become events. A map: a kind may be called `constructor`. */
export const readers: ReadonlyMap<string, (body: Json, path: string) => Read> = new Map([
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

function mergeRequest(body: Json, path: string): Read {
  const its = object(body.object_attributes)
  const iid = whole(its.iid)
  const state = word(its.state)
  // After a fast-forward there is no merge commit: what was squashed, or the last commit, is on the branch itself.
  const merged = sha(its.merge_commit_sha) ?? sha(its.squash_commit_sha) ?? sha(object(its.last_commit).id)
  return {
    subject: iid === null ? null : `${path}!${iid}`,
    data: {
      ...common('merge_request', body, path),
      action: word(its.action),
      state,
      branch: refName(its.target_branch),
      sha: state === 'merged' ? merged : null,
      iid,
      url: link(its.url),
      title: title(its.title)
    }
  }
}

function push(body: Json, path: string): Read {
  const branch = under('refs/heads/', body.ref)
  return {
    subject: branch === null ? null : `${path}/-/tree/${branch}`,
    data: {
      ...common('push', body, path),
      branch,
      sha: sha(body.after),
      user: userName(body.user_username),
      title: title(headCommit(body).title)
    }
  }
}

function tagPush(body: Json, path: string): Read {
  const tag = under('refs/tags/', body.ref)
  return {
    subject: tag === null ? null : `${path}/-/tags/${tag}`,
    data: { ...common('tag_push', body, path), tag, sha: sha(body.after), user: userName(body.user_username) }
  }
}

function pipeline(body: Json, path: string): Read {
  const its = object(body.object_attributes)
  const id = whole(its.id)
  const ref = refName(its.ref)
  const ofTag = its.tag === true
  return {
    subject: id === null ? null : `${path}/-/pipelines/${id}`,
    data: {
      ...common('pipeline', body, path),
      state: word(its.status),
      branch: ofTag ? null : ref,
      tag: ofTag ? ref : null,
      sha: sha(its.sha),
      iid: whole(its.iid),
      url: link(its.url),
      title: title(its.name)
    }
  }
}

function deployment(body: Json, path: string): Read {
  const id = whole(body.deployment_id)
  return {
    subject: id === null ? null : `${path}/-/deployments/${id}`,
    data: {
      ...common('deployment', body, path),
      state: word(body.status),
      branch: refName(body.ref),
      // The full id is in the commit's address only.
      sha: typeof body.commit_url === 'string' ? sha(body.commit_url.split('/').at(-1)) : null,
      environment: refName(body.environment),
      url: link(body.deployable_url),
      title: title(body.commit_title)
    }
  }
}

function release(body: Json, path: string): Read {
  const tag = refName(body.tag)
  return {
    subject: tag === null ? null : `${path}/-/releases/${tag}`,
    data: {
      ...common('release', body, path),
      action: word(body.action),
      tag,
      sha: sha(object(body.commit).id),
      url: link(body.url),
      title: title(body.name)
    }
  }
}

function common(kind: string, body: Json, path: string): GitlabData {
  return {
    kind: 'gitlab',
    object: kind,
    project: path,
    defaultBranch: refName(object(body.project).default_branch),
    action: null,
    state: null,
    branch: null,
    tag: null,
    sha: null,
    iid: null,
    environment: null,
    user: userName(object(body.user).username),
    url: link(object(body.project).web_url),
    title: null
  }
}

/** The commit that the branch points to by now; GitLab sends the newest 20. */
export function headCommit(body: Json): Json {
  const commits = Array.isArray(body.commits) ? body.commits : []
  return object(commits.findLast((one) => object(one).id === body.after))
}
