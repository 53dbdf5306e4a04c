import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { createQuotas } from '../../src/clients/cloud/quotas.ts'
import { createOctavia } from '../../src/clients/octavia/octavia.ts'
import type { Cloud } from '../../src/clients/openstack/cloud.ts'
import { parseCloud } from '../../src/clients/openstack/clouds.ts'
import { connectCloud } from '../../src/clients/openstack/http.ts'
import { OpenStackError } from '../../src/clients/openstack/openstack-error.ts'

/** What a strange cloud answers to `GET /network/quotas/p`: a body, or `answer`, `inTurn`; else it is a 404 of nobody. */
export type Replies = Record<string, unknown>

export interface Sent {
  /** `PUT /compute/os-quota-sets/p`, with its query where there is one. */
  readonly what: string
  readonly body: unknown
  readonly token: string
}

type Respond = (status: number, body: unknown, headers?: Record<string, string>) => void
type Special = (respond: Respond, say: (reply: unknown) => void) => void

/** Another status than 200, or headers, where a body alone would not do. */
export function answer(status: number, body: unknown = {}, headers: Record<string, string> = {}): Special {
  return (respond) => respond(status, body, headers)
}

/** Several answers to the same question, in turn; the last one stays. */
export function inTurn(...replies: unknown[]): Special {
  return (_, say) => say(replies.length > 1 ? replies.shift() : replies[0])
}

const SERVICES = ['identity', 'compute', 'network', 'block-storage', 'load-balancer', 'placement']

/** A cloud whose services say just what a test wants them to; looked up with the query first, then without. */
async function strangeCloud(t: Test, replies: Replies): Promise<{ cloud: Cloud; sent: Sent[] }> {
  const sent: Sent[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const url = new URL(request.url ?? '/', 'http://strange')
    const respond: Respond = (status, body, headers) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    const say = (reply: unknown): void =>
      typeof reply === 'function' ? (reply as Special)(respond, say) : respond(200, reply)
    if (url.pathname === '/v3/auth/tokens') {
      const system = (JSON.parse(text) as { auth: { scope: { system?: unknown } } }).auth.scope.system !== undefined
      const subject = system ? 'system' : 'project'
      return respond(201, token(`http://${request.headers.host}`, system), { 'x-subject-token': subject })
    }
    const version = /\/(v2\.1|v2\.0|v2|v3)(\/p0)?(?=\/)/
    const path = `${request.method} ${url.pathname.replace(version, '')}`
    sent.push({
      what: path + decodeURIComponent(url.search),
      body: text === '' ? null : JSON.parse(text),
      token: String(request.headers['x-auth-token'])
    })
    say(replies[path + decodeURIComponent(url.search)] ?? replies[path] ?? answer(404, { nobody: 404 }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const domains = { user_domain_id: 'default', project_domain_id: 'default' }
  const auth = { auth_url: url, username: 'admin', password: 'x', project_name: 'admin', ...domains }
  const loaded = parseCloud('strange', { auth, region_name: 'R1' }, 'test')
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const cloud = connectCloud(loaded.cloud, { attempts: 1 })
  t.teardown(() => {
    cloud.close()
    server.closeAllConnections()
    server.close()
  })
  return { cloud, sent }
}

function token(url: string, system: boolean): unknown {
  const catalog = SERVICES.map((type) => ({
    type,
    endpoints: [{ interface: 'public', region_id: 'R1', url: `${url}/${type}` }]
  }))
  const scope = system ? { system: { all: true } } : { project: { id: 'p0', name: 'admin' } }
  const expires_at = new Date(Date.now() + 3_600_000).toISOString()
  return { token: { ...scope, user: { id: 'u' }, expires_at, issued_at: new Date().toISOString(), catalog } }
}

/** The error of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<OpenStackError> {
  const outcome = await call.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (error) => error
  )
  if (outcome instanceof OpenStackError) return outcome
  throw outcome
}

/** The quotas of a strange cloud, and the changing calls that it was sent. */
export async function strange(t: Test, replies: Replies) {
  const { cloud, sent } = await strangeCloud(t, replies)
  const changes = () => sent.filter(({ what }) => !what.startsWith('GET')).map(({ what, body }) => [what, body])
  return { quotas: createQuotas(cloud), octavia: createOctavia(cloud), cloud, sent, changes }
}
