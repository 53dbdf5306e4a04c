import type { GitlabData } from '../event.ts'
import type { JsonObject } from '../json-object.ts'
import { exactly, link, object } from './fields.ts'

/** What one kind of webhook says, and the resource that it is about, named as in GitLab's own references and addresses. */
export interface WebhookFacts {
  readonly subject: string | null
  readonly data: GitlabData
}

/** What all kinds have; each fills in what it has besides. */
export function common(kind: string, body: JsonObject, path: string): GitlabData {
  return {
    kind: 'gitlab',
    object: kind,
    project: path,
    defaultBranch: exactly(object(body.project).default_branch),
    action: null,
    state: null,
    branch: null,
    tag: null,
    sha: null,
    iid: null,
    environment: null,
    user: exactly(object(body.user).username),
    ...othersIn(body),
    url: link(object(body.project).web_url),
    title: null
  }
}

/** `true` and `false` as GitLab says them; null is unknown. */
export const yesOrNo = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null)

/** Whether both are of one project, by their ids; null where one is missing. */
export function isFork(source: unknown, target: unknown): boolean | null {
  return typeof source === 'number' && typeof target === 'number' ? source !== target : null
}

/**
 * Whoever else a payload names as having wanted it: those it is assigned to, and its author where a person in it has the number
 * of its author (the name it does not say). Reviewers are not among them: they are the other pair of eyes.
 */
function othersIn(body: JsonObject): Pick<GitlabData, 'people'> {
  const its = object(body.object_attributes)
  const all = [body.user, ...list(body.assignees), ...list(body.reviewers), its.assignee, its.last_edited_by].map(
    object
  )
  const authors = all.filter(({ id }) => typeof id === 'number' && id === its.author_id)
  const own = [...list(body.assignees).map(object), ...authors].flatMap(({ username }) => exactly(username) ?? [])
  const people = [...new Set(own)].filter((name) => name !== object(body.user).username)
  return people.length === 0 ? {} : { people }
}

const mostPeople = 100
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, mostPeople) : [])
