import type { NeutronReader } from '../neutron/calls.ts'
import { fields, malformed } from '../openstack/answer-fields.ts'
import type { CallOptions, Cloud, QueryValues } from '../openstack/cloud.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'

/** One object of Keystone; null only on Keystone's own 404, which names the id. */
export async function getIdentity<Item>(
  cloud: Cloud,
  path: string,
  key: string,
  id: string,
  read: NeutronReader<Item>,
  call?: CallOptions
): Promise<Item | null> {
  try {
    const answer = await cloud.request('identity', 'GET', path, { ...call })
    return read(answer, fields(answer, answer.body, 'the answer').value(key), key)
  } catch (error) {
    if (error instanceof OpenStackError && error.status === 404 && namesIt(error, id)) return null
    throw error
  }
}

/** "Could not find user: <id>." The message of the error has the path as well, and so the id in any case. */
function namesIt(error: OpenStackError, id: string): boolean {
  return error.message.includes('Could not find ') && error.message.includes(`: ${id}.`)
}

/**
 * A list of Keystone to its end. Most releases give all of it at once; newer ones have pages, whose link is followed by its
 * query only. A list that `list_limit` cut short says `truncated`, and is an error: what is missing cannot be asked for.
 */
export async function listIdentity<Item>(
  cloud: Cloud,
  path: string,
  key: string,
  read: NeutronReader<Item>,
  query: QueryValues,
  call?: CallOptions
): Promise<Item[]> {
  const items: Item[] = []
  const seen = new Set<string>()
  let page = query
  for (;;) {
    const answer = await cloud.request('identity', 'GET', path, { ...call, query: page })
    const body = fields(answer, answer.body, 'the answer')
    if (body.value('truncated') === true)
      throw new OpenStackError(
        `Keystone cut its list of ${key} short: raise or remove list_limit in keystone.conf, a part is not enough`,
        { ...answer, code: 'truncated', retryable: false }
      )
    items.push(...body.list(key).map((raw, n) => read(answer, raw, `${key}[${n}]`)))
    const next = (body.value('links') as { next?: unknown } | null | undefined)?.next
    if (typeof next !== 'string') return items
    const search = new URL(next, 'http://keystone.invalid').search
    if (search === '' || seen.has(search)) throw malformed(answer, `the next page of ${key} is the same one again`)
    seen.add(search)
    page = Object.fromEntries(new URLSearchParams(search))
  }
}
