import { createHash } from 'node:crypto'
import type { GitlabData } from '../event.ts'
import type { JsonObject } from '../json-object.ts'
import { object, positiveWhole, sha } from './fields.ts'

/**
 * Makes the idempotency key of what happened, by GitLab's own ids: the same for each webhook that tells of it (a project's and its group's), whatever
 * delivery it came with. Null where an id is missing: then every delivery counts for itself.
 */
export function happeningOf(body: JsonObject, data: GitlabData): string | null {
  const project = positiveWhole(object(body.project).id) ?? data.project
  const its = whatOf(body, data)
  if (project === null || its === null) return null
  return [project, data.object, ...its].join(' ')
}

type Part = string | number | null

function whatOf(body: JsonObject, data: GitlabData): readonly Part[] | null {
  const its = object(body.object_attributes)
  const id = positiveWhole(
    data.object === 'deployment' ? body.deployment_id : data.object === 'release' ? body.id : its.id
  )
  switch (data.object) {
    case 'merge_request':
      if (id === null || data.action === null) return null
      // Merged once; everything else may happen again, and GitLab then says another time or commit.
      return data.action === 'merge' ? [id, 'merge', mergedAs(its)] : [id, data.action, digest(body)]
    case 'pipeline':
      // Jobs that are retried or started by hand let the same pipeline end once more, at another time.
      return id === null || data.state === null ? null : [id, data.state, text(its.finished_at)]
    case 'deployment':
      return id === null || data.state === null ? null : [id, data.state]
    case 'release':
      if (id === null || data.action === null) return null
      return data.action === 'update' ? [id, 'update', digest(body)] : [id, data.action]
    default:
      return data.moved == null ? null : [data.branch ?? data.tag, `${data.moved.from}..${data.moved.to}`]
  }
}

const mergedAs = (its: JsonObject): string | null =>
  sha(its.merge_commit_sha) ?? sha(its.squash_commit_sha) ?? sha(object(its.last_commit).id)

const text = (value: unknown): string | null => (typeof value === 'string' ? value.slice(0, 40) : null)

/** GitLab makes the body once for all webhooks that get it. */
const digest = (body: JsonObject): string =>
  createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16)
