import type { RawAnswer, RawRequest } from '../http/transport.ts'
import type { Endpoint } from './catalogue.ts'
import type { CloudEntry, IdOrName } from './cloud-entry.ts'
import { OpenStackError } from './openstack-error.ts'

/** What Keystone gave us: the token, what it is scoped to, and the catalogue. */
export interface KeystoneToken {
  readonly value: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly projectId: string
  readonly projectName: string
  readonly userId: string
  readonly roles: readonly string[]
  readonly catalogue: readonly Endpoint[]
  /** How far Keystone's clock was ahead of ours when it answered, in milliseconds; negative: behind. */
  readonly aheadMs: number
}

/** One Keystone token for all callers of a cloud. */
export interface KeystoneSession {
  /** The current token; authenticates first when there is none or it has less than 30 s to live. One request for all. */
  token(): Promise<KeystoneToken>
  /** Forgets this token (a service answered 401); the next caller authenticates. */
  drop(token: KeystoneToken): void
}

// A token that expires while a request is on its way costs a 401 and a second authentication.
const MIN_LIFE_MS = 30_000

const PROJECT_HINT = 'are user, password and project of this cloud right?'
const SYSTEM_HINT =
  'a token for the whole system was asked for: give the user a role there (openstack role add --user … --system all reader)'

/** What a token is for: the entry's project, or the cloud itself (which only a role on the system gives). */
export type Scope = 'project' | 'system'

/** `send` is given Keystone's URL and answers whatever the status; time-outs and connection errors are its matter. */
export function createSession(
  entry: CloudEntry,
  send: (url: URL, request: Omit<RawRequest, 'signal'>) => Promise<RawAnswer>,
  now: () => number,
  scope: Scope = 'project'
): KeystoneSession {
  let current: KeystoneToken | null = null
  let flight: Promise<KeystoneToken> | null = null

  async function authenticate(): Promise<KeystoneToken> {
    const url = new URL(`${entry.authUrl.replace(/\/+$/, '').replace(/\/v[\d.]+$/, '')}/v3/auth/tokens`)
    const answer = await send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ auth: authBody(entry, scope) }),
      // On a connection of its own: an hour after the last one, a kept connection is a closed one.
      fresh: true
    })
    return readToken(entry, scope, url, answer, now())
  }

  return {
    token: () => {
      if (current && current.expiresAt - now() >= MIN_LIFE_MS) return Promise.resolve(current)
      flight ??= authenticate()
        .then((token) => (current = token))
        .finally(() => (flight = null))
      return flight
    },
    drop: (token) => {
      if (current === token) current = null
    }
  }
}

function authBody(entry: CloudEntry, scope: Scope) {
  const { auth } = entry
  if (auth.type === 'applicationCredential') {
    // No scope: the credential fixes it, and Keystone refuses a second one.
    const application_credential = { ...withUser(auth.credential), secret: auth.secret }
    return { identity: { methods: ['application_credential'], application_credential } }
  }
  const password = { user: { ...auth.user, password: auth.password } }
  return {
    identity: { methods: ['password'], password },
    scope: scope === 'system' ? { system: { all: true } } : { project: auth.project }
  }
}

function withUser(credential: { id: string } | { name: string; user: IdOrName }) {
  return 'id' in credential ? { id: credential.id } : { name: credential.name, user: credential.user }
}

function readToken(entry: CloudEntry, scope: Scope, url: URL, answer: RawAnswer, now: number): KeystoneToken {
  const facts = {
    ...{ cloud: entry.name, service: 'identity', method: 'POST', path: url.pathname, status: answer.status },
    requestId: header(answer, 'x-openstack-request-id')
  }
  const body = json(answer.text)
  if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
    const said = text(tree(tree(body).error).message) ?? 'no reason given'
    const hint =
      answer.status === 404 ? `is ${entry.authUrl} Keystone?` : scope === 'system' ? SYSTEM_HINT : PROJECT_HINT
    throw new OpenStackError(`${said} (${hint})`, { ...facts, code: 'authentication', retryable: false })
  }
  if (answer.status >= 400) {
    const said = text(tree(tree(body).error).message) ?? 'Keystone is not able to answer'
    throw new OpenStackError(said, {
      ...facts,
      code: `http_${answer.status}`,
      retryable: answer.status === 429 || answer.status >= 500
    })
  }
  const value = header(answer, 'x-subject-token')
  const token = tree(tree(body).token)
  const expiresAt = Date.parse(text(token.expires_at) ?? '')
  // A token for the system has no project.
  const projectId = scope === 'system' && tree(token.system).all === true ? '' : text(tree(token.project).id)
  const projectName = text(tree(token.project).name)
  const userId = text(tree(token.user).id)
  if (answer.status !== 201 || value === null || Number.isNaN(expiresAt) || userId === null) {
    throw new OpenStackError('the answer is not a Keystone token', { ...facts, code: 'malformed', retryable: true })
  }
  if (projectId === null || (scope === 'system' && projectId !== '')) {
    const message =
      scope === 'system'
        ? `the token is for a project only; ${SYSTEM_HINT}; an application credential never reaches further than its project`
        : 'the token has no project; name one in clouds.yaml'
    throw new OpenStackError(message, {
      ...facts,
      code: 'authentication',
      retryable: false
    })
  }
  const roles = list(token.roles).flatMap((role) => text(tree(role).name) ?? [])
  return {
    value,
    expiresAt,
    projectId,
    projectName: projectName ?? projectId,
    userId,
    roles,
    // Not every Keystone sends a Date; each says when it issued the token.
    aheadMs: (dateOf(header(answer, 'date')) ?? dateOf(text(token.issued_at)) ?? now) - now,
    catalogue: list(token.catalog).flatMap(endpoints)
  }
}

function endpoints(service: unknown): Endpoint[] {
  const type = text(tree(service).type)
  if (type === null) return []
  return list(tree(service).endpoints).flatMap((raw) => {
    const endpoint = tree(raw)
    const url = text(endpoint.url)
    const face = text(endpoint.interface)
    if (url === null || face === null) return []
    return [{ service: type, interface: face, region: text(endpoint.region_id) ?? text(endpoint.region), url }]
  })
}

function header(answer: RawAnswer, name: string): string | null {
  const value = answer.headers[name]
  return typeof value === 'string' ? value : null
}

function dateOf(value: string | null): number | null {
  const at = Date.parse(value ?? '')
  return Number.isNaN(at) ? null : at
}

function json(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

function tree(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
