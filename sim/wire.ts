import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Token } from './state.ts'

/** One call as a service sees it; the token is checked already. */
export interface Call {
  readonly method: string
  /** After the service's prefix, e.g. `/v2.1/servers`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Tree
  readonly token: Token
  readonly requestId: string
  readonly globalRequestId: string | null
  /** The service's own URL without version, for links. */
  readonly base: string
}

export type Tree = Record<string, unknown>

export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** A route: the groups of the path come as arguments. */
export type Route = readonly [method: string, path: RegExp, handle: (call: Call, ...groups: string[]) => Reply]

/** The services that the simulation has. */
export const serviceNames = [
  'keystone',
  'nova',
  'neutron',
  'designate',
  'cinder',
  'octavia',
  'placement',
  'glance'
] as const
export type ServiceName = (typeof serviceNames)[number]

/** How one simulated service answers. */
export interface ServiceApp {
  readonly name: ServiceName
  readonly routes: readonly Route[]
  /** Answered without a token, e.g. version discovery. */
  readonly open: readonly Route[]
  /** The service's own shape of an error that no route made. */
  fault(status: number, message: string): Reply
  /** A look at the call before its route: microversions. */
  refuse?(call: Call): Reply | null
}

/** Thrown by a route to answer with the service's own error. */
export class Refusal extends Error {
  readonly reply: Reply
  constructor(reply: Reply) {
    super(`refused with ${reply.status}`)
    this.reply = reply
  }
}

/** Reads a body to its end; an empty or broken one is an empty object, a list is under `list` (Glance's patches). */
export async function readBody(request: IncomingMessage): Promise<Tree> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  try {
    const read: unknown = JSON.parse(Buffer.concat(chunks).toString())
    return Array.isArray(read) ? { list: read } : tree(read)
  } catch {
    return {}
  }
}

/** Sends a reply with the id of the call in the header that the service uses. */
export function answer(response: ServerResponse, reply: Reply, requestId: string): void {
  const text = reply.body === undefined || reply.body === null ? '' : JSON.stringify(reply.body)
  response.writeHead(reply.status, {
    'x-openstack-request-id': requestId,
    'content-length': Buffer.byteLength(text),
    ...(text === '' ? {} : { 'content-type': 'application/json' }),
    ...reply.headers
  })
  response.end(text)
}

export function tree(value: unknown): Tree {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Tree) : {}
}

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export function isAdmin(token: Token): boolean {
  return token.roles.includes('admin')
}

/** One page by limit and marker; null when the marker is not among the items. */
export function page<Item extends { readonly id: string }>(
  items: readonly Item[],
  query: URLSearchParams,
  limits: { standard: number; max: number }
): { items: Item[]; more: boolean } | null {
  const asked = query.get('limit')
  const limit = asked === null ? limits.standard : Math.min(asked === 'max' ? limits.max : Number(asked), limits.max)
  const marker = query.get('marker')
  const start = marker === null ? 0 : items.findIndex((item) => item.id === marker) + 1
  if (marker !== null && start === 0) return null
  return { items: items.slice(start, start + limit), more: items.length > start + limit }
}
