import { type Call, page, type Reply, type Tree } from '../wire.ts'
import { refuse } from './rules.ts'

/** One page of a list, as all lists of Designate: filters, limit, marker, a link to the next page, and a count unless it is hidden. */
export function listed<Item extends { readonly id: string; readonly createdAt: string }>(
  call: Call,
  key: string,
  items: readonly Item[],
  filters: readonly string[],
  render: (item: Item) => Tree
): Reply {
  const unknown = [...call.query.keys()].filter(
    (name) => ![...filters, 'limit', 'marker', 'sort_key', 'sort_dir', 'all_projects'].includes(name)
  )
  if (unknown.length > 0) throw refuse(400, 'bad_request', `Invalid filters ${unknown.join(', ')}`)
  const sorted = items.toSorted(
    (one, other) => one.createdAt.localeCompare(other.createdAt) || (one.id < other.id ? -1 : 1)
  )
  const wanted = Number(call.query.get('limit') ?? 20)
  if (wanted < 1) throw refuse(400, 'invalid_limit', 'limit should be an integer between 1 and 1000')
  const part = page(sorted, call.query, { standard: 20, max: 1000 })
  if (!part) throw refuse(400, 'marker_not_found', `Marker ${call.query.get('marker')} could not be found`)
  const links: Tree = { self: `${call.base}${call.path}${call.query.size ? `?${call.query}` : ''}` }
  const asked = call.query.get('limit')
  const limit = asked === null ? 20 : asked === 'max' ? 1000 : Number(asked)
  const last = part.items.at(-1)
  // As the real one: a next link also after a last page that is full.
  if (last && part.items.length === limit) {
    const query = new URLSearchParams(call.query)
    query.set('marker', last.id)
    links.next = `${call.base}${call.path}?${query}`
  }
  const counted = !/^(true|1|yes|on)$/i.test(String(call.headers['openstack-dns-hide-counts'] ?? ''))
  return {
    status: 200,
    body: { [key]: part.items.map(render), links, metadata: counted ? { total_count: items.length } : {} }
  }
}
