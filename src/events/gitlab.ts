import { createHash } from 'node:crypto'
import type { Normalised } from './event.ts'
import { object, projectPath, time, word } from './gitlab/fields.ts'
import { open } from './gitlab/open.ts'
import { headCommit, holders, readers } from './gitlab/read.ts'
import { visible } from './openstack/fields.ts'

/** A webhook as it arrived; names of headers in lower case. */
export interface RawDelivery {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

/**
 * Said of what carries no time of its own, e.g. a pushed tag. The journal knows an event by its time and id, so a
 * delivery that is sent again must get the same time: neither our clock nor `webhook-timestamp` is that.
 */
const noTime = '1970-01-01T00:00:00Z'

/** Webhook of GitLab → events. Pure, and never throws, whatever the bytes. `instance`: host where no project says it. */
export function normaliseGitlab(raw: RawDelivery, { instance }: { readonly instance: string }): Normalised {
  try {
    return normalise(raw, instance)
  } catch (error) {
    // Only the class: a message of an error may quote the delivery.
    return { ok: false, reason: `it could not be read (${error instanceof Error ? error.name : 'unknown error'})` }
  }
}

function normalise({ headers, body: bytes }: RawDelivery, instance: string): Normalised {
  const body = open(bytes)
  if (typeof body === 'string') return { ok: false, reason: body }
  // Hooks of groups and of the whole instance name some of theirs in event_name only.
  const kind = word(body.object_kind) ?? word(body.event_name)
  if (kind === null) return { ok: false, reason: 'it has no object_kind: is a custom webhook template set?' }
  const project = object(body.project)
  const path = projectPath(project.path_with_namespace)
  const id = idOf(headers, kind, bytes)
  const source = `/gitlab/${hostOf(project.web_url) ?? instance}`
  const at = timeOf(body)
  const ignored = (reason: string): Normalised => {
    const narrow = { id, source, type: `gitlab.${kind}`, subject: path, time: at, project: null, reason }
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
  const event = { id, source, type, subject, time: at, project: null, requestId: null, globalRequestId: null, data }
  return { ok: true, events: [event], ignored: [] }
}

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

/** When it happened, as the payload says: of what changed last, and for a push of the commit that it ended on. */
function timeOf(body: Readonly<Record<string, unknown>>): string {
  const its = object(body.object_attributes)
  const said = [
    its.updated_at,
    its.finished_at,
    its.created_at,
    body.status_changed_at,
    body.updated_at,
    body.released_at,
    body.created_at,
    body.build_finished_at,
    body.build_started_at,
    body.build_created_at,
    headCommit(body).timestamp
  ]
  for (const one of said) {
    const found = time(one)
    if (found !== null) return found
  }
  return noTime
}
