import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type Json = Readonly<Record<string, unknown>>
const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})

/** The part of GitLab's REST API that reads what webhooks told, as of what really happened there. */
export interface GitlabApiSim {
  /** For `gitlab.api.url`. */
  readonly url: string
  readonly token: string
  /** What happened is known from now on, as a webhook tells it; `author`: who wrote it, where that is somebody else. */
  happened(body: Json, author?: string): void
  /** Not protected from now on. */
  unprotect(ref: string): void
  /** The next calls are answered with this status. */
  fail(calls: number, status: number): void
  readonly requests: readonly string[]
  close(): Promise<void>
}

export async function startGitlabApi({ token = 'a-read-token-of-gitlab' } = {}): Promise<GitlabApiSim> {
  const known = new Map<string, unknown>()
  const pushes = new Map<string, Json[]>()
  const open = new Set<string>()
  const requests: string[] = []
  let failing = { calls: 0, status: 500 }

  const server = createServer((request, answer) => {
    const reply = (status: number, body: unknown) => {
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const path = request.url ?? ''
    requests.push(`${request.method} ${path}`)
    if (failing.calls-- > 0) return reply(failing.status, { message: `${failing.status}` })
    if (request.headers['private-token'] !== token) return reply(401, { message: '401 Unauthorized' })
    const [, project = '', rest = ''] = /^\/api\/v4\/projects\/([^/]+)\/([^?]+)/.exec(path) ?? []
    const of = decodeURIComponent(project)
    const what = rest.split('/').map(decodeURIComponent)
    if (rest === 'events') return reply(200, pushes.get(of) ?? [])
    if (rest.endsWith('/merge_requests')) return reply(200, known.get(`${of} merges ${what[2]}`) ?? [])
    const ref = what.slice(2).join('/')
    if (rest.startsWith('repository/branches/') || rest.startsWith('repository/tags/'))
      return reply(200, { name: ref, protected: !open.has(ref) })
    const found = known.get(`${of} ${what.join(' ')}`)
    return found === undefined ? reply(404, { message: '404 Not found' }) : reply(200, found)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  function happened(body: Json, author?: string): void {
    const of = String(object(body.project).path_with_namespace)
    const its = object(body.object_attributes)
    const user = { username: object(body.user).username ?? body.user_username }
    const by = author === undefined ? user : { username: author }
    switch (body.object_kind) {
      case 'merge_request': {
        const merge = { ...its, author: by, merge_user: user, assignees: [] }
        known.set(`${of} merge_requests ${its.iid}`, merge)
        known.set(`${of} merges ${its.merge_commit_sha}`, [merge])
        return
      }
      case 'pipeline':
        known.set(`${of} pipelines ${its.id}`, { ...its, user })
        return
      case 'deployment':
        known.set(`${of} deployments ${body.deployment_id}`, {
          ...{ status: body.status, environment: { name: body.environment }, user }
        })
        return
      case 'release':
        known.set(`${of} releases ${body.tag}`, { tag_name: body.tag, author: by })
        return
      default: {
        const push = { author_username: by.username, push_data: { commit_to: body.after, ref: body.ref } }
        pushes.set(of, [push, ...(pushes.get(of) ?? [])])
      }
    }
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    happened,
    unprotect: (ref) => void open.add(ref),
    fail: (calls, status) => {
      failing = { calls, status }
    },
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
