import type { GitlabData } from '../event.ts'
import { exactly, link, object } from './fields.ts'

export type Json = Readonly<Record<string, unknown>>

/** What one kind of webhook says, and the resource that it is about, named as in GitLab's own references and addresses. */
export interface Read {
  readonly subject: string | null
  readonly data: GitlabData
}

/** What all kinds have; each fills in what it has besides. */
export function common(kind: string, body: Json, path: string): GitlabData {
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
