import type { State } from '../state.ts'
import { type Call, page, Refusal, type Reply, type Tree } from '../wire.ts'
import type { LoadBalancer } from './state.ts'

/** Octavia's form of an error; a plain 404 of an unknown path has it too. */
export function octaviaFault(status: number, faultstring: string): Reply {
  return { status, body: { faultcode: status < 500 ? 'Client' : 'Server', faultstring, debuginfo: null } }
}

export function refuse(status: number, message: string): Refusal {
  return new Refusal(octaviaFault(status, message))
}

/** The role that lets somebody do anything to everybody's. */
export function isGlobal({ token }: Call): boolean {
  return token.roles.includes('admin') || token.roles.includes('load-balancer_admin')
}

/** Sees those of every project. */
export function isObserver(call: Call): boolean {
  return isGlobal(call) || call.token.roles.includes('load-balancer_global_observer')
}

/** Being a member of the project is not enough: Octavia has roles of its own. */
export function mayUse(call: Call, projectId: string): void {
  const own = call.token.project.id === projectId && call.token.roles.includes('load-balancer_member')
  if (!own && !isGlobal(call)) throw refuse(403, 'Policy does not allow this request to be performed.')
}

/** The load balancer when nothing is under way with it. */
export function mutable(state: State, id: string): LoadBalancer {
  const found = state.loadBalancers.get(id)
  if (!found) throw refuse(404, `Load Balancer ${id} not found.`)
  if (found.status !== 'ACTIVE' && found.status !== 'ERROR')
    throw refuse(409, `Load Balancer ${id} is immutable and cannot be updated.`)
  return found
}

/** Everybody's to those who may see that, else the project's own; `project_id` narrows it. */
export function list<Item extends { readonly id: string; readonly projectId: string }>(
  call: Call,
  key: string,
  items: Iterable<Item>,
  show: (item: Item) => Tree
): Reply {
  const asked = call.query.get('project_id')
  if (!isObserver(call)) mayUse(call, asked ?? call.token.project.id)
  const project = asked ?? (isObserver(call) ? null : call.token.project.id)
  const filters = ['name', 'vip_port_id', 'loadbalancer_id', 'provisioning_status'].filter((one) => call.query.has(one))
  const found = [...items]
    .filter((one) => project === null || one.projectId === project)
    .map((one) => ({ id: one.id, wire: show(one) }))
    .filter(({ wire }) => filters.every((name) => String(wire[name]) === call.query.get(name)))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
  const part = page(found, call.query, { standard: 1000, max: 1000 })
  if (!part) throw refuse(400, `Supplied pagination marker '${call.query.get('marker')}' is not valid.`)
  const limit = Math.min(Number(call.query.get('limit') ?? 1000), 1000)
  const last = part.items.at(-1)
  // A page that is full has a next one, be it empty; the links forget every filter.
  const links =
    last && part.items.length >= limit
      ? [{ rel: 'next', href: `${call.base}${call.path}?limit=${limit}&marker=${last.id}` }]
      : []
  return { status: 200, body: { [key]: part.items.map(({ wire }) => wire), [`${key}_links`]: links } }
}

/** The time as Octavia writes it: whole seconds and no zone. */
export function stamp(): string {
  return new Date().toISOString().slice(0, 19)
}
