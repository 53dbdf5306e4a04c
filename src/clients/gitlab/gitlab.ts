import { enter, withinWork } from '../../core/work.ts'
import { createTransport, TransportError } from '../http/transport.ts'

/** A call of GitLab's API that told nothing. */
class GitlabCallFailed extends Error {
  override readonly name = 'GitlabCallFailed'
  readonly method = 'GET'
  readonly status: number | null
  readonly retryable: boolean
  readonly retryAfterMs: number | null
  constructor(message: string, status: number | null, retryable: boolean, retryAfterMs: number | null = null) {
    super(message)
    this.status = status
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
  }
}

type Told = Readonly<Record<string, unknown>>

/** GitLab's own word on what a webhook claimed; each null where there is no such thing (404). */
export interface GitlabApi {
  mergeRequest(project: string, iid: number): Promise<Told | null>
  pipeline(project: string, id: number): Promise<Told | null>
  deployment(project: string, id: number): Promise<Told | null>
  release(project: string, tag: string): Promise<Told | null>
  branch(project: string, name: string): Promise<Told | null>
  tag(project: string, name: string): Promise<Told | null>
  /** The merge requests that brought a commit. */
  mergesOf(project: string, sha: string): Promise<readonly Told[] | null>
  /** The newest hundred pushes. */
  pushes(project: string): Promise<readonly Told[] | null>
  close(): void
}

const timeoutMs = 10_000
/** A merge request with a long description is some kB, a hundred pushes are 100 kB. */
const mostChars = 4_000_000

/** Reads from one GitLab with a read token (scope `read_api`); follows no redirects, changes nothing. */
export function createGitlab({ url, token }: { readonly url: string; readonly token: string }): GitlabApi {
  const transport = createTransport({ ca: null, verify: true })
  const base = `${url.replace(/\/+$/, '')}/api/v4/projects`

  async function get(project: string, path: string): Promise<unknown> {
    enter({ name: 'GitLab', part: 1 / 2 })
    const what = `GitLab GET projects/${project}/${path}`
    const headers = { accept: 'application/json', 'private-token': token }
    const signal = withinWork(AbortSignal.timeout(timeoutMs))
    const to = new URL(`${base}/${encodeURIComponent(project)}/${path}`)
    let answer: Awaited<ReturnType<typeof transport.send>>
    try {
      answer = await transport.send(to, { method: 'GET', headers, body: null, signal, fresh: false })
    } catch (error) {
      const why = error instanceof TransportError && error.kind === 'aborted' ? `no answer within ${timeoutMs} ms` : ''
      throw new GitlabCallFailed(`${what}: ${why || (error as Error).message}`, null, true)
    }
    const { status, text } = answer
    if (status === 404) return null
    if (status !== 200) {
      const wait = Number(answer.headers['retry-after'])
      const later = status === 429 || status >= 500
      const meant =
        status === 401 || status === 403
          ? ': is the token of gitlab.api in force, with the scope read_api, and may it see this project?'
          : ''
      throw new GitlabCallFailed(`${what}: ${status}${meant}`, status, later, wait > 0 ? wait * 1000 : null)
    }
    if (text.length > mostChars) throw new GitlabCallFailed(`${what}: longer than ${mostChars} characters`, 200, false)
    try {
      return JSON.parse(text)
    } catch {
      throw new GitlabCallFailed(`${what}: no JSON; is something else answering at gitlab.api.url?`, 200, true)
    }
  }

  const one = async (project: string, path: string): Promise<Told | null> => {
    const found = await get(project, path)
    if (found === null) return null
    if (typeof found === 'object' && !Array.isArray(found)) return found as Told
    throw new GitlabCallFailed(`GitLab GET projects/${project}/${path}: no object`, 200, true)
  }
  const list = async (project: string, path: string): Promise<readonly Told[] | null> => {
    const found = await get(project, path)
    if (found === null) return null
    if (Array.isArray(found)) return found.filter((each) => typeof each === 'object' && each !== null) as Told[]
    throw new GitlabCallFailed(`GitLab GET projects/${project}/${path}: no list`, 200, true)
  }
  const named = encodeURIComponent

  return {
    mergeRequest: (project, iid) => one(project, `merge_requests/${iid}`),
    pipeline: (project, id) => one(project, `pipelines/${id}`),
    deployment: (project, id) => one(project, `deployments/${id}`),
    release: (project, tag) => one(project, `releases/${named(tag)}`),
    branch: (project, name) => one(project, `repository/branches/${named(name)}`),
    tag: (project, name) => one(project, `repository/tags/${named(name)}`),
    mergesOf: (project, sha) => list(project, `repository/commits/${sha}/merge_requests?per_page=100`),
    pushes: (project) => list(project, 'events?action=pushed&per_page=100'),
    close: () => transport.close()
  }
}
