import { createHash, createHmac, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GitlabApiSim } from './api.ts'

export interface GitlabOptions {
  /** Where the webhook goes, e.g. `http://127.0.0.1:8080/webhooks/gitlab`. */
  readonly url: string
  readonly secret: { readonly kind: 'token' | 'signing'; readonly value: string }
  /** How often a delivery is tried when the receiver is not there or answers 5xx, always under one Idempotency-Key. */
  readonly tries?: number
  readonly pauseMs?: number
  readonly now?: () => number
  /** Hears of everything that really happened, before its webhook is sent; `send` only claims. */
  readonly api?: Pick<GitlabApiSim, 'happened'>
}

/** One webhook call with all its tries, as GitLab's page of recent events shows it. */
export interface Delivery {
  /** Its Idempotency-Key. */
  readonly id: string
  readonly kind: string
  readonly body: string
  /** Of each try; null where nobody answered. Empty: the webhook was turned off. */
  readonly statuses: readonly (number | null)[]
  readonly ok: boolean
}

interface Where {
  readonly project?: string
  readonly branch?: string
  readonly user?: string
}

export interface Gitlab {
  merge(what: Where & { iid: number; title?: string; author?: string }): Promise<Delivery>
  push(what?: Where): Promise<Delivery>
  tag(what: Where & { tag: string }): Promise<Delivery>
  pipeline(what?: Where & { iid?: number; status?: string }): Promise<Delivery>
  deployment(what?: Where & { environment?: string; status?: string }): Promise<Delivery>
  release(what: Where & { tag: string; action?: 'create' | 'update' | 'delete' }): Promise<Delivery>
  /** Any other payload, as a webhook of its kind. */
  send(body: Readonly<Record<string, unknown>>): Promise<Delivery>
  /** What the button Resend does: the same body under the same Idempotency-Key. */
  resend(delivery: Delivery): Promise<Delivery>
  /** Four deliveries failed one after another: nothing is sent for a minute, then for two, at last for a day. */
  disabled(): boolean
  readonly deliveries: readonly Delivery[]
}

const failuresUntilOff = 4
const longestOffMs = 24 * 3_600_000
const host = 'https://gitlab.sim'

/** A GitLab as a receiver of webhooks sees it: headers, signature, tries, and turning itself off. */
export function startGitlab({ url, secret, tries = 3, pauseMs = 50, now = Date.now, api }: GitlabOptions): Gitlab {
  const deliveries: Delivery[] = []
  let failures = 0
  let offUntil = 0
  const hook = randomUUID()

  const disabled = () => now() < offUntil

  async function deliver(id: string, kind: string, body: string): Promise<Delivery> {
    const statuses: (number | null)[] = []
    if (!disabled()) {
      const event = randomUUID()
      do {
        if (statuses.length > 0) await sleep(pauseMs)
        statuses.push(await post(id, event, kind, body))
      } while (statuses.length < tries && (statuses.at(-1) ?? 500) >= 500)
    }
    const last = statuses.at(-1) ?? null
    const ok = last !== null && last >= 200 && last < 300
    if (ok) failures = 0
    else if (statuses.length > 0 && ++failures >= failuresUntilOff)
      offUntil = now() + Math.min(60_000 * 2 ** (failures - failuresUntilOff), longestOffMs)
    const delivery = { id, kind, body, statuses, ok }
    deliveries.push(delivery)
    return delivery
  }

  async function post(id: string, event: string, kind: string, body: string): Promise<number | null> {
    const timestamp = String(Math.floor(now() / 1000))
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'user-agent': 'GitLab/19.0.0',
      'x-gitlab-event': `${kind.split('_').map(capitalised).join(' ')} Hook`,
      'x-gitlab-instance': host,
      'x-gitlab-webhook-uuid': hook,
      'x-gitlab-event-uuid': event,
      'idempotency-key': id,
      'webhook-id': id,
      'webhook-timestamp': timestamp
    }
    if (secret.kind === 'token') headers['x-gitlab-token'] = secret.value
    else headers['webhook-signature'] = signature(secret.value, `${id}.${timestamp}.${body}`)
    try {
      // A redirect is no success, and is not followed.
      const answer = await fetch(url, {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(10_000)
      })
      await answer.arrayBuffer()
      return answer.status
    } catch {
      return null
    }
  }

  const send = (body: Readonly<Record<string, unknown>>) =>
    deliver(randomUUID(), String(body.object_kind ?? body.event_name), JSON.stringify(body))
  const happens = (body: Readonly<Record<string, unknown>>, author?: string) => {
    api?.happened(body, author)
    return send(body)
  }
  const stamp = () => `${new Date(now()).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  let serial = 0

  return {
    merge: ({ project, branch = 'main', user, author, iid, title = `Change ${iid}` }) =>
      happens(
        {
          object_kind: 'merge_request',
          event_type: 'merge_request',
          ...about(project, user),
          object_attributes: {
            id: 1000 + iid,
            iid,
            title,
            state: 'merged',
            action: 'merge',
            target_branch: branch,
            source_branch: `change-${iid}`,
            source_project_id: 7,
            target_project_id: 7,
            created_at: stamp(),
            updated_at: stamp(),
            merge_commit_sha: shaOf(`${project} ${iid}`),
            squash_commit_sha: null,
            last_commit: { id: shaOf(`last ${project} ${iid}`) },
            url: `${host}/${project ?? 'infra/live'}/-/merge_requests/${iid}`
          },
          changes: {}
        },
        author
      ),
    push: ({ project, branch = 'main', user } = {}) =>
      happens(pushed('push', `refs/heads/${branch}`, project, user, shaOf(`push ${++serial}`), new Date(now()))),
    tag: ({ project, user, tag }) =>
      happens(pushed('tag_push', `refs/tags/${tag}`, project, user, shaOf(tag), new Date(now()))),
    pipeline: ({ project, branch = 'main', user, iid = ++serial, status = 'success' } = {}) =>
      happens({
        object_kind: 'pipeline',
        ...about(project, user),
        object_attributes: {
          id: 5000 + iid,
          iid,
          ref: branch,
          tag: false,
          sha: shaOf(`pipeline ${iid}`),
          status,
          source: 'push',
          protected_ref: true,
          created_at: stamp(),
          finished_at: stamp(),
          variables: [{ key: 'DEPLOY_PASSWORD', value: 'not for a journal' }],
          url: `${host}/${project ?? 'infra/live'}/-/pipelines/${5000 + iid}`
        },
        merge_request: null,
        builds: []
      }),
    deployment: ({ project, branch = 'main', user, environment = 'production', status = 'success' } = {}) =>
      happens({
        object_kind: 'deployment',
        ...about(project, user),
        status,
        status_changed_at: `${stamp().slice(0, 19)} +0000`,
        deployment_id: ++serial,
        environment,
        ref: branch,
        commit_url: `${host}/${project ?? 'infra/live'}/-/commit/${shaOf(`deployment ${serial}`)}`,
        commit_title: 'What is deployed'
      }),
    release: ({ project, user, tag, action = 'create' }) =>
      happens({
        object_kind: 'release',
        ...about(project, user),
        action,
        tag,
        name: tag,
        created_at: stamp(),
        released_at: stamp(),
        url: `${host}/${project ?? 'infra/live'}/-/releases/${tag}`,
        commit: { id: shaOf(tag) }
      }),
    send,
    resend: ({ id, kind, body }) => deliver(id, kind, body),
    disabled,
    deliveries
  }
}

function pushed(
  kind: string,
  ref: string,
  project: string | undefined,
  user: string | undefined,
  sha: string,
  at: Date
) {
  const { user: who, project: its } = about(project, user)
  const commits = kind === 'push' ? [{ id: sha, title: 'A commit', timestamp: at.toISOString() }] : []
  return {
    object_kind: kind,
    event_name: kind,
    ref,
    ref_protected: true,
    before: '0'.repeat(40),
    after: sha,
    checkout_sha: sha,
    user_username: who.username,
    project: its,
    commits,
    total_commits_count: commits.length
  }
}

function about(project = 'infra/live', user = 'ada') {
  return {
    user: { id: 12, username: user, name: user, email: '[REDACTED]' },
    project: {
      id: 7,
      path_with_namespace: project,
      default_branch: 'main',
      web_url: `${host}/${project}`
    }
  }
}

/** Standard Webhooks, as GitLab 19 signs. */
function signature(key: string, signed: string): string {
  const bytes = Buffer.from(key.replace(/^whsec_/, ''), 'base64')
  return `v1,${createHmac('sha256', bytes).update(signed).digest('base64')}`
}

const shaOf = (of: string): string => createHash('sha1').update(of).digest('hex')
const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
