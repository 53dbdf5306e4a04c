import { fields, malformed } from './answer-fields.ts'
import type { ServiceAnswer } from './answers.ts'
import type { ServiceType } from './catalogue.ts'
import type { CallOptions, Cloud, QueryValues, RequestOptions } from './cloud.ts'

/** What a list needs to be read to its end. */
export interface Pages extends CallOptions {
  readonly service: ServiceType
  readonly path: string
  /** Key of the list in the answer, e.g. `servers`. */
  readonly key: string
  /** Items a page; default 1,000, the services' own maximum. */
  readonly limit?: number | undefined
  readonly query?: QueryValues
  readonly headers?: RequestOptions['headers']
  readonly microversion?: string
  /** Key of the links in the answer; Glance's is one link. */
  readonly next: 'links' | 'next' | `${string}_links`
}

/**
 * Reads a list to its end: all of it, or an error; never a part. Follows the marker, not the link: behind a proxy the
 * link often names a host that is not reachable. Items that appear twice, because the list moved meanwhile, count once.
 */
export async function listAll<Item extends { readonly id: string }>(
  cloud: Cloud,
  { service, path, key, limit = 1000, query, headers, microversion, next, ...call }: Pages,
  read: (answer: ServiceAnswer, raw: unknown, where: string) => Item
): Promise<Item[]> {
  const items = new Map<string, Item>()
  let marker: string | undefined
  for (;;) {
    const answer = await cloud.request(service, 'GET', path, {
      ...call,
      query: { ...query, limit, marker },
      ...(headers ? { headers } : {}),
      ...(microversion ? { microversion } : {})
    })
    const page = fields(answer, answer.body, 'the answer')
    const list = page.list(key)
    let last: string | undefined
    for (const [index, raw] of list.entries()) {
      const item = read(answer, raw, `${key}[${index}]`)
      items.set(item.id, item)
      last = item.id
    }
    if (!hasNext(page.value(next))) return [...items.values()]
    if (last === undefined || last === marker)
      throw malformed(answer, `${key} has a next page but nothing to continue from`)
    marker = last
  }
}

/** Designate: `links.next`; Glance: the link itself; the others: a list of `{rel, href}`. */
function hasNext(links: unknown): boolean {
  if (typeof links === 'string') return links !== ''
  if (Array.isArray(links)) return links.some((link) => (link as { rel?: unknown } | null)?.rel === 'next')
  return typeof (links as { next?: unknown } | null | undefined)?.next === 'string'
}
