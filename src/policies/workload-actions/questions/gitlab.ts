import type { GitlabApi } from '../../../clients/gitlab/gitlab.ts'
import { eventDataOf } from '../../../core/event-data.ts'
import type { GitlabData } from '../../../events/event.ts'
import { defineQuestion } from '../../shared/define-question.ts'
import type { Tools } from '../../shared/tools.ts'

/** What GitLab itself says of an event that a webhook delivered. */
export interface GitlabAnswer {
  /** Why it is not so, or not so any more; null: it is. */
  readonly against: string | null
  /** User names of whoever wrote, merged, pushed or started it. */
  readonly people: readonly string[]
  /** Whether the branch or tag is protected; null: it is of none. */
  readonly protected: boolean | null
}

type Params = { readonly id: string; readonly time: string }

/** Answers `gitlab` from its API; null where the event is not (or no longer) one of GitLab. Rejects while it cannot be asked. */
export async function loadGitlab({ id, time }: Params, { journal, gitlab }: Tools): Promise<GitlabAnswer | null> {
  const row = await journal.eventAt(time, id)
  const data = eventDataOf(row?.data ?? null)
  if (data?.kind !== 'gitlab') return null
  const api = gitlab()
  if (api === null) throw new Error('GitLab cannot be asked: gitlab.api is not configured')
  const { project } = data
  if (project === null) return no('it names no project')
  const said = await read(data, project, row?.subject ?? '', api)
  const place =
    data.branch !== null
      ? await api.branch(project, data.branch)
      : data.tag !== null
        ? await api.tag(project, data.tag)
        : null
  const where = data.branch ?? data.tag
  if (said.against === null && where !== null && place === null) return no(`there is no ${where} in ${project}`)
  return { ...said, protected: where === null ? null : place?.protected === true }
}

type Said = Omit<GitlabAnswer, 'protected'>
const no = (against: string): GitlabAnswer => ({ against, people: [], protected: null })

async function read(data: GitlabData, project: string, subject: string, api: GitlabApi): Promise<Said> {
  const { object, iid, sha, tag, branch } = data
  // Of a pipeline GitLab's API takes the number in its address, no other.
  const number = Number(/\/(\d+)$/.exec(subject)?.[1] ?? Number.NaN)
  switch (object) {
    case 'merge_request': {
      const found = iid === null ? null : await api.mergeRequest(project, iid)
      if (found === null) return no(`there is no merge request ${iid} in ${project}`)
      if (branch !== null && found.state !== 'merged') return no(`${project}!${iid} is ${found.state}, not merged`)
      if (branch !== null && found.target_branch !== branch)
        return no(`${project}!${iid} was merged to ${found.target_branch}, not to ${branch}`)
      if (sha !== null && ![found.merge_commit_sha, found.squash_commit_sha, found.sha].includes(sha))
        return no(`${project}!${iid} did not bring ${sha}`)
      return { against: null, people: ofMerge(found) }
    }
    case 'pipeline': {
      const found = Number.isNaN(number) ? null : await api.pipeline(project, number)
      if (found === null) return no(`there is no pipeline ${number} in ${project}`)
      const ref = branch ?? tag
      if (ref !== null && found.ref !== ref) return no(`pipeline ${number} is of ${found.ref}, not of ${ref}`)
      if (sha !== null && found.sha !== sha) return no(`pipeline ${number} is of commit ${found.sha}, not of ${sha}`)
      if (found.status !== data.state) return no(`pipeline ${number} is ${found.status}, not ${data.state}`)
      return { against: null, people: names(found.user).concat(await behind(project, sha, api)) }
    }
    case 'deployment': {
      const found = Number.isNaN(number) ? null : await api.deployment(project, number)
      if (found === null) return no(`there is no deployment ${number} in ${project}`)
      const environment = (found.environment as { name?: unknown } | null)?.name
      if (environment !== data.environment)
        return no(`deployment ${number} is to ${environment}, not to ${data.environment}`)
      if (found.status !== data.state) return no(`deployment ${number} is ${found.status}, not ${data.state}`)
      return { against: null, people: names(found.user).concat(await behind(project, data.commit ?? null, api)) }
    }
    case 'release': {
      const found = tag === null ? null : await api.release(project, tag)
      if (found === null) return no(`there is no release ${tag} in ${project}`)
      return { against: null, people: names(found.author).concat(await behind(project, sha, api)) }
    }
    default:
      return { against: null, people: await behind(project, sha, api) }
  }
}

/** Who brought a commit there: by a merge request, or by a push. */
async function behind(project: string, sha: string | null, api: GitlabApi): Promise<string[]> {
  if (sha === null) return []
  const [merges, pushes] = await Promise.all([api.mergesOf(project, sha), api.pushes(project)])
  const pushed = (pushes ?? []).filter(({ push_data: it }) => (it as { commit_to?: unknown } | null)?.commit_to === sha)
  return [
    ...(merges ?? []).filter(({ state }) => state === 'merged').flatMap(ofMerge),
    ...pushed.flatMap(({ author, author_username }) => [...names(author), ...names({ username: author_username })])
  ]
}

const ofMerge = ({ author, merge_user, merged_by, assignees }: Readonly<Record<string, unknown>>): string[] => [
  ...new Set([author, merge_user, merged_by, ...(Array.isArray(assignees) ? assignees : [])].flatMap(names))
]

function names(user: unknown): string[] {
  const name = (user as { username?: unknown } | null | undefined)?.username
  return typeof name === 'string' && name !== '' ? [name] : []
}

/** Defines the question: is it as a webhook said, and who was it? */
export const gitlabQuestion = defineQuestion('gitlab', loadGitlab)
