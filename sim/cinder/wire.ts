import type { Context } from '../notify.ts'
import { type Call, isAdmin, page, Refusal, type Reply, type Tree } from '../wire.ts'

/** Cinder's words for a status. */
export function cinderFault(status: number, message: string): Reply {
  const names: Record<number, string> = {
    ...{ 400: 'badRequest', 401: 'unauthorized', 403: 'forbidden', 404: 'itemNotFound', 405: 'badMethod' },
    ...{ 409: 'conflictingRequest', 413: 'overLimit', 501: 'notImplemented', 503: 'serviceUnavailable' }
  }
  return { status, body: { [names[status] ?? 'computeFault']: { code: status, message } } }
}

export function refuse(status: number, message: string): Refusal {
  return new Refusal(cinderFault(status, message))
}

/** A quota is met: 413 with a time after which nothing will be different. */
export function overLimit(type: string, message: string): Refusal {
  const headers = { 'retry-after': '0' }
  return new Refusal({
    ...{ status: 413, headers },
    body: { overLimit: { code: 413, message: `${type}: ${message}`, retryAfter: '0' } }
  })
}

/** Every route that only administrators may use names its rule. */
export function administrator(call: Call, rule: string): void {
  if (!isAdmin(call.token)) throw refuse(403, `Policy doesn't allow ${rule} to be performed.`)
}

/** What the caller owns, or a 404. */
export function own<Item extends { readonly projectId: string }>(
  call: Call,
  item: Item | undefined,
  message: string
): Item {
  if (!item || (!isAdmin(call.token) && item.projectId !== call.token.project.id)) throw refuse(404, message)
  return item
}

/** The caller's own, newest first; with `all_tenants` an administrator's are everybody's. */
export function list<Item extends { readonly id: string; readonly projectId: string }>(
  call: Call,
  key: string,
  items: Iterable<Item>,
  show: (item: Item) => Tree
): Reply {
  const all = isAdmin(call.token) && /^(1|true)$/i.test(call.query.get('all_tenants') ?? '')
  const project = all ? call.query.get('project_id') : call.token.project.id
  const status = call.query.get('status')
  const name = call.query.get('name')
  const found = [...items]
    .filter((one) => project === null || one.projectId === project)
    .map((one) => ({ id: one.id, wire: show(one) }))
    .filter(({ wire }) => (status === null || wire.status === status) && (name === null || wire.name === name))
    .toReversed()
  return paged(call, key, `${key}_links`, found)
}

/** One page, and the address of the next when this one is full. */
export function paged(call: Call, key: string, linksKey: string, items: readonly { id: string; wire: Tree }[]): Reply {
  const part = page(items, call.query, { standard: 1000, max: 1000 })
  if (!part) throw refuse(404, `Marker ${call.query.get('marker')} could not be found.`)
  const body: Tree = { [key]: part.items.map(({ wire }) => wire) }
  const last = part.items.at(-1)
  if (last && part.items.length >= Number(call.query.get('limit') ?? 1000)) {
    const query = new URLSearchParams(call.query)
    query.set('marker', last.id)
    body[linksKey] = [{ rel: 'next', href: `${call.base}${call.path}?${query}` }]
  }
  return { status: 200, body }
}

/** `elevated`: as the volume service does what it was asked, with the role `admin` added. */
export function contextOf(call: Call, elevated = false): Context {
  const { token, requestId, globalRequestId } = call
  return { service: 'cinder', token, requestId, globalRequestId, elevated }
}

/** The time as Cinder's API writes it: microseconds and no zone. */
export function stamp(): string {
  return `${new Date().toISOString().slice(0, -1)}000`
}
