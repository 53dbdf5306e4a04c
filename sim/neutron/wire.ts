import type { Bus, Context } from '../notify.ts'
import { type Port, seconds } from '../state.ts'
import { type Call, isAdmin, page, Refusal, type Reply, type Tree } from '../wire.ts'

export const PUBLISHER = 'network.sim'

/** A list as the caller sees it: own resources, all for an administrator, and what `visible` lets through. */
export function list<Item extends { readonly id: string; readonly projectId: string }>(
  call: Call,
  key: string,
  items: Iterable<Item>,
  render: (item: Item) => Tree,
  visible: (item: Item) => boolean = () => false
): Reply {
  const filters = [...new Set(call.query.keys())].filter(
    (name) => !['limit', 'marker', 'sort_key', 'sort_dir', 'fields', 'page_reverse'].includes(name)
  )
  const shown = [...items]
    .filter((item) => isAdmin(call.token) || item.projectId === call.token.project.id || visible(item))
    .map((item) => ({ id: item.id, wire: render(item) }))
    .filter(({ wire }) => filters.every((name) => matches(wire, name, call.query.getAll(name))))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
  const part = page(shown, call.query, { standard: Number.POSITIVE_INFINITY, max: Number.POSITIVE_INFINITY })
  if (!part) {
    const kind = { ports: 'Port', floatingips: 'FloatingIP', networks: 'Network', subnets: 'Subnet' }[key] ?? key
    throw neutronError(404, `${kind}NotFound`, `${kind} ${call.query.get('marker')} could not be found.`)
  }
  const body: Tree = { [key]: part.items.map(({ wire }) => wire) }
  const limit = Number(call.query.get('limit') ?? Number.NaN)
  const last = part.items.at(-1)
  // As the real one: a next link also after a last page that is full.
  if (last && part.items.length >= limit) {
    const query = new URLSearchParams(call.query)
    query.set('marker', last.id)
    body[`${key}_links`] = [{ rel: 'next', href: `${call.base}${call.path}?${query}` }]
  }
  return { status: 200, body }
}

/** What the caller owns, or a 404 that tells nothing. */
export function own<Item extends { readonly projectId: string }>(
  call: Call,
  item: Item | undefined,
  type: string,
  message: string
): Item {
  if (!item || (!isAdmin(call.token) && item.projectId !== call.token.project.id))
    throw neutronError(404, type, message)
  return item
}

/** Neutron drops the caller's own request id (seen on Zed): only its own comes back. */
export function contextOf(call: Call): Context {
  return { service: 'neutron', token: call.token, requestId: call.requestId, globalRequestId: null }
}

/** Sends one of Neutron's notifications in the caller's name. */
export function notify(bus: Bus, call: Call, type: string, payload: Tree): void {
  bus.emit(contextOf(call), 'notifications', PUBLISHER, type, payload)
}

export function neutronError(status: number, type: string, message: string): Refusal {
  return new Refusal({ status, body: { NeutronError: { type, message, detail: '' } } })
}

/** Each change raises the revision. */
export function touch(target: { updatedAt: string; revision: number }): void {
  target.updatedAt = seconds()
  target.revision += 1
}

/** Refuses a change of what has another revision by now than the caller says in `If-Match`, where it says one. */
export function ifMatch(call: Call, { revision }: { readonly revision: number }): void {
  const [, wanted] = /^revision_number=(\d+)$/.exec(String(call.headers['if-match'] ?? '')) ?? []
  if (wanted === undefined || Number(wanted) === revision) return
  const message = `Constrained to ${wanted}, but current revision is ${revision}`
  throw neutronError(412, 'RevisionNumberConstraintFailed', message)
}

function matches(wire: Tree, name: string, values: readonly string[]): boolean {
  if (name === 'fixed_ips') {
    const ips = wire.fixed_ips as Port['fixedIps']
    return values.some((value) =>
      ips.some((ip) => value === `ip_address=${ip.ip_address}` || value === `subnet_id=${ip.subnet_id}`)
    )
  }
  if (!(name in wire)) throw neutronError(400, 'HTTPBadRequest', `['${name}'] is invalid attribute for filtering`)
  return values.includes(String(wire[name]))
}
