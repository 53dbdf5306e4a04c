import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type Tree, tree } from '../wire.ts'
import { apiVersionOf, type Kind, kindOf, type Stored } from './kinds.ts'
import { conflict, exists, notFound } from './status.ts'

/** What the fake API server keeps, in place of etcd. */
export interface Store {
  find(kind: Kind, namespace: string | null, name: string): Stored | undefined
  get(kind: Kind, namespace: string | null, name: string): Stored
  list(kind: Kind, namespace: string | null): Stored[]
  create(kind: Kind, namespace: string | null, body: Tree, manager: string): Stored
  /** A JSON merge patch; on `status` nothing else is changed, else the status is not. */
  patch(kind: Kind, namespace: string | null, name: string, patch: Tree, by: By): Stored
  remove(kind: Kind, namespace: string | null, name: string): Stored
}

interface By {
  readonly manager: string
  readonly subresource?: 'status'
}

/** `changed` hears of every object whose spec or annotations changed. */
export function createStore(changed: (object: Stored) => void): Store {
  const objects = new Map<string, Stored>()
  let version = 1000
  const key = (kind: Kind, namespace: string | null, name: string) =>
    [kind.group, kind.plural, namespace ?? '', name].join('/')

  const store: Store = {
    find: (kind, namespace, name) => objects.get(key(kind, namespace, name)),
    get(kind, namespace, name) {
      const found = store.find(kind, namespace, name)
      if (found === undefined) throw notFound(kind, name)
      return found
    },
    list: (kind, namespace) =>
      [...objects.entries()]
        .filter(([at]) => at.startsWith(key(kind, namespace, '')))
        .map(([, object]) => object)
        .toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1)),
    create(kind, namespace, body, manager) {
      const metadata = tree(body.metadata)
      const name = String(metadata.name)
      if (namespace !== null && !store.find(kindOf('Namespace'), null, namespace))
        throw notFound(kindOf('Namespace'), namespace)
      if (store.find(kind, namespace, name)) throw exists(kind, name)
      const made: Stored = {
        apiVersion: apiVersionOf(kind),
        kind: kind.kind,
        metadata: {
          ...metadata,
          name,
          ...(namespace === null ? {} : { namespace }),
          uid: randomUUID(),
          resourceVersion: String(++version),
          ...(kind.kind === 'Pod' || kind.kind === 'Namespace' ? {} : { generation: 1 }),
          creationTimestamp: seconds(),
          managedFields: [entry(kind, { manager })]
        },
        spec: tree(body.spec),
        status: {}
      }
      objects.set(key(kind, namespace, name), made)
      changed(made)
      return made
    },
    patch(kind, namespace, name, patch, { manager, subresource }) {
      const was = store.get(kind, namespace, name)
      const sent = tree(patch.metadata).resourceVersion
      if (sent !== undefined && sent !== was.metadata.resourceVersion) throw conflict(kind, name)
      const wanted = merge(was, patch) as Stored
      const spec = subresource ? was.spec : wanted.spec
      const status = subresource ? wanted.status : was.status
      const { labels, annotations } = subresource ? was.metadata : wanted.metadata
      const same =
        isDeepStrictEqual(spec, was.spec) &&
        isDeepStrictEqual(status, was.status) &&
        isDeepStrictEqual([labels, annotations], [was.metadata.labels, was.metadata.annotations])
      // Nothing is written: the resource version stays.
      if (same) return was
      const bump = isDeepStrictEqual(spec, was.spec) ? 0 : 1
      const managed = (was.metadata.managedFields as Tree[]).filter(
        (one) => one.manager !== manager || one.subresource !== subresource
      )
      const now: Stored = {
        ...was,
        metadata: {
          ...was.metadata,
          ...(labels === undefined ? {} : { labels }),
          ...(annotations === undefined ? {} : { annotations }),
          resourceVersion: String(++version),
          ...(was.metadata.generation === undefined ? {} : { generation: was.metadata.generation + bump }),
          managedFields: [...managed, entry(kind, subresource ? { manager, subresource } : { manager })]
        },
        spec,
        status
      }
      objects.set(key(kind, namespace, name), now)
      if (!subresource) changed(now)
      return now
    },
    remove(kind, namespace, name) {
      const was = store.get(kind, namespace, name)
      objects.delete(key(kind, namespace, name))
      return was
    }
  }
  return store
}

/** RFC 7396. */
function merge(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch
  const merged = { ...tree(target) }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = merge(merged[name], value)
  }
  return merged
}

const entry = (kind: Kind, by: By): Tree => ({
  manager: by.manager,
  operation: 'Update',
  apiVersion: apiVersionOf(kind),
  time: seconds(),
  fieldsType: 'FieldsV1',
  fieldsV1: {},
  ...(by.subresource ? { subresource: by.subresource } : {})
})

/** The API server knows no milliseconds. */
const seconds = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z')
