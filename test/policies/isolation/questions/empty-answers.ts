import type { ServiceAnswer } from '../../../../src/clients/openstack/answers.ts'
import type { Cloud } from '../../../../src/clients/openstack/cloud.ts'

/** A cloud whose answers are read once, and changed one field at a time. */
export interface Recorded {
  readonly cloud: Cloud
  /** What was asked so far, with the answers, and which of their fields anybody looked at. */
  readonly answers: Map<string, { readonly answer: ServiceAnswer; readonly looked: ReadonlySet<string> }>
  /** Answers of the next questions; the rest is as recorded. */
  replace(key: string, body: unknown): void
}

/** Asks `real` what was not asked before. Only what reads goes through. */
export function record(real: Cloud): Recorded {
  const answers = new Map<string, { readonly answer: ServiceAnswer; readonly looked: Set<string> }>()
  let other: { readonly key: string; readonly body: unknown } | null = null
  const request: Cloud['request'] = async (service, method, path, options = {}) => {
    if (method !== 'GET') throw new Error(`${method} ${path} changes something`)
    const query = Object.entries(options.query ?? {}).filter(([, value]) => value !== undefined)
    const key = `${service} ${path} ${JSON.stringify(query)}`
    const known = answers.get(key)
    if (known !== undefined) return other?.key === key ? { ...known.answer, body: other.body } : known.answer
    const answer = await real.request(service, method, path, options)
    const looked = new Set<string>()
    answers.set(key, { answer, looked })
    return { ...answer, body: watched(answer.body, [], looked) }
  }
  return {
    cloud: { ...real, request },
    answers,
    replace: (key, body) => {
      other = { key, body }
    }
  }
}

/** Where a field is in an answer: `['ports', 3, 'device_owner']`. */
export type Path = readonly (string | number)[]

/** The same, noting each field that somebody looks at. */
function watched(body: unknown, path: Path, looked: Set<string>): unknown {
  if (body === null || typeof body !== 'object') return body
  return new Proxy(body, {
    get(target, key, self) {
      const value = Reflect.get(target, key, self) as unknown
      if (typeof key === 'symbol' || typeof value === 'function') return value
      const at = [...path, Array.isArray(target) ? Number(key) : key]
      looked.add(at.join(' '))
      return watched(value, at, looked)
    }
  })
}

/** Every field of an answer that holds a text, a number, or true or false. */
export function leaves(body: unknown, path: Path = []): Path[] {
  if (body === null || body === undefined || body === '') return []
  if (Array.isArray(body)) return body.flatMap((one, n) => leaves(one, [...path, n]))
  if (typeof body === 'object') return Object.entries(body).flatMap(([key, one]) => leaves(one, [...path, key]))
  return [path]
}

/** The same answer with one field otherwise. A project has two names in Neutron: both are. */
export function withField(body: unknown, path: Path, value: unknown): unknown {
  const [first, ...rest] = path
  if (first === undefined) return value
  if (Array.isArray(body)) return body.map((one, n) => (n === first ? withField(one, rest, value) : one))
  const tree = body as Readonly<Record<string, unknown>>
  const twin = rest.length === 0 ? twins[first] : undefined
  return {
    ...tree,
    [first]: withField(tree[first], rest, value),
    ...(twin !== undefined && Object.hasOwn(tree, twin) && { [twin]: value })
  }
}

const twins: Readonly<Record<string, string>> = {
  project_id: 'tenant_id',
  tenant_id: 'project_id',
  target_project: 'target_tenant',
  target_tenant: 'target_project'
}
