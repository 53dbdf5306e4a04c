import { createHash } from 'node:crypto'
import { type GitlabData, type Normalised, unknownTime } from './event.ts'
import { object, projectPath, time, word } from './gitlab/fields.ts'
import { happeningOf } from './gitlab/happening.ts'
import { parseWebhook } from './gitlab/open.ts'
import { holders, readers } from './gitlab/read.ts'
import { visible } from './openstack/fields.ts'

/** A webhook as it arrived; names of headers in lower case. */
export interface RawDelivery {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

/** When and where a delivery arrived. */
export interface Arrival {
  /** Host where no project says it. */
  readonly instance: string
  /** ms since the epoch: the time of an event that carries none of its own, e.g. a pushed tag. */
  readonly now: number
}

/** Webhook of GitLab → events. Pure, and never throws, whatever the bytes. */
export function normaliseGitlab(raw: RawDelivery, arrival: Arrival): Normalised {
  try {
    return normalise(raw, arrival)
  } catch (error) {
    // Only the class: a message of an error may quote the delivery.
    return { ok: false, reason: `it could not be read (${error instanceof Error ? error.name : 'unknown error'})` }
  }
}

function normalise({ headers, body: bytes }: RawDelivery, { instance, now }: Arrival): Normalised {
  const body = parseWebhook(bytes)
  if (typeof body === 'string') return { ok: false, reason: body }
  // Hooks of groups and of the whole instance name some of theirs in event_name only.
  const kind = word(body.object_kind) ?? word(body.event_name)
  if (kind === null) return { ok: false, reason: 'it has no object_kind: is a custom webhook template set?' }
  const project = object(body.project)
  const path = projectPath(project.path_with_namespace)
  const id = idOf(headers, kind, bytes)
  const source = `/gitlab/${hostOf(project.web_url) ?? instance}`
  const at = timeOf(kind, body)
  const ignored = (reason: string): Normalised => {
    // The journal knows it by time and id: however often it is sent, it must get the same time, which ours is not.
    const narrow = { id, source, type: `gitlab.${kind}`, subject: path, time: at ?? unknownTime, project: null, reason }
    return { ok: true, events: [], ignored: [narrow] }
  }

  if (headers['x-gitlab-event'] === 'System Hook')
    return ignored(`system hooks are not used (this one: ${kind}): set the webhook on projects or groups`)
  const read = readers.get(kind)
  if (read === undefined) return ignored(`nothing here uses GitLab's ${kind} events`)
  const holder = holders.get(kind)
  if (path === null || (holder !== undefined && object(body[holder]) !== body[holder]))
    return {
      ok: false,
      reason: `a ${kind} webhook without ${path === null ? 'project.path_with_namespace' : holder}: is a custom webhook template set?`
    }
  const { subject, data } = read(body, path)
  const type = kind === 'merge_request' && data.action !== null ? `gitlab.${kind}.${data.action}` : `gitlab.${kind}`
  const time = at ?? new Date(now).toISOString()
  const whole = { ...onItsBranch(data), happening: happeningOf(body, data) }
  const none = { project: null, requestId: null, globalRequestId: null }
  return { ok: true, events: [{ id, source, type, subject, time, ...none, data: whole }], ignored: [] }
}

/** A commit of which nobody knows on what it lies is none to go by. */
const onItsBranch = (data: GitlabData): GitlabData =>
  data.branch === null && data.tag === null ? { ...data, sha: null } : data

/**
 * The same for every try of one delivery. Older GitLabs send no Idempotency-Key; their event UUID is shared by what a
 * webhook's receiver causes in turn, which has another time.
 */
function idOf(headers: RawDelivery['headers'], kind: string, body: Buffer): string {
  const key = token(headers['idempotency-key']) ?? token(headers['webhook-id'])
  if (key !== null) return `gitlab/${key}`
  const uuid = token(headers['x-gitlab-event-uuid'])
  return uuid !== null ? `gitlab/${uuid}#${kind}` : `gitlab/sha256-${createHash('sha256').update(body).digest('hex')}`
}

function token(value: string | readonly string[] | undefined): string | null {
  return typeof value === 'string' && value.length <= 128 && visible(value) ? value : null
}

function hostOf(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 2048 || !/^https?:\/\//.test(value)) return null
  return URL.parse(value)?.host ?? null
}

/**
 * When it happened, as GitLab says; null where it does not. The time of a commit, or that of a release that is edited, is
 * what somebody wrote down, and no time at which anything was sent.
 */
function timeOf(kind: string, body: Readonly<Record<string, unknown>>): string | null {
  const its = object(body.object_attributes)
  if (kind === 'release' && body.action !== 'create') return null
  const said = [
    its.updated_at,
    its.finished_at,
    its.created_at,
    body.status_changed_at,
    body.updated_at,
    body.created_at,
    body.build_finished_at,
    body.build_started_at,
    body.build_created_at
  ]
  for (const one of said) {
    const found = time(one)
    if (found !== null) return found
  }
  return null
}
