import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud, QueryValues } from '../openstack/cloud.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { listAll } from '../openstack/pages.ts'

/** Parses one resource of an answer of Neutron; `where` names it in errors. */
export type NeutronReader<Item> = (answer: ServiceAnswer, raw: unknown, where: string) => Item

/** Reads one object of Neutron: null only when Neutron itself says that this very id does not exist. */
export async function getOne<Item>(
  cloud: Cloud,
  path: string,
  id: string,
  { key, gone, read }: { readonly key: string; readonly gone: string; readonly read: NeutronReader<Item> },
  call?: CallOptions
): Promise<Item | null> {
  try {
    const answer = await cloud.request('network', 'GET', `${path}/${encodeURIComponent(id)}`, { ...call })
    return read(answer, fields(answer, answer.body, 'the answer').value(key), key)
  } catch (error) {
    // By type: a 404 from a proxy, or for an extension that is not there, has another body.
    if (error instanceof OpenStackError && error.status === 404 && error.code === gone) return null
    throw error
  }
}

/** Reads a list of Neutron to its end. */
export function getAll<Item extends { id: string }>(
  cloud: Cloud,
  path: string,
  key: string,
  read: NeutronReader<Item>,
  query: QueryValues,
  { pageSize, ...call }: CallOptions & { readonly pageSize?: number }
): Promise<Item[]> {
  return listAll(cloud, { ...call, service: 'network', path, key, next: `${key}_links`, limit: pageSize, query }, read)
}

// 100 ids of 36 characters keep a URL below 5 kB; servers and proxies refuse from 8 kB on.
const IDS_PER_REQUEST = 100

/** No ids: no filter. An empty list of ids asks for nothing, and nothing is sent. */
export async function inChunks<Item>(
  ids: readonly string[] | undefined,
  ask: (chunk: readonly string[] | undefined) => Promise<Item[]>
): Promise<Item[]> {
  if (ids === undefined) return ask(undefined)
  const found: Item[] = []
  for (let start = 0; start < ids.length; start += IDS_PER_REQUEST) {
    found.push(...(await ask(ids.slice(start, start + IDS_PER_REQUEST))))
  }
  return found
}
