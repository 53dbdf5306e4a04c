import { type Static, type TSchema, Type } from 'typebox'
import { instanceName, openstackIn } from '../core/instance.ts'
import type { Around, Elsewhere, Idle, Mode } from '../core/policy.ts'
import { access, approvals, cluster, limits, placement, tokens } from './guard-schema.ts'
import { gitlab, slack } from './integrations-schema.ts'
import { closed, duration, name, namePattern } from './schema-parts.ts'

/** What the configuration must know of a policy; `src/policies/index.ts` lists them. */
export interface KnownPolicy {
  readonly name: string
  readonly settings: TSchema
  /** The same under the name of an instance; left out: there is one for all OpenStacks. */
  as?(name: string): KnownPolicy
  /** It may look after the clusters of all OpenStacks at once. */
  readonly spans?: true
  /** Mistakes that a schema cannot see, as sentences; empty when all is well. */
  check(settings: never, clusters: readonly string[], elsewhere?: Elsewhere): readonly string[]
  /** What is right and can never come true. */
  idle?(settings: never, around: Around): readonly Idle[]
  /** The types of its actions; names of actions are checked only where every policy says them. */
  readonly actions?: readonly string[]
}

const secretUrl = Type.Union(
  [
    Type.String({
      pattern: '^(amqps?|rabbit)://',
      title: 'a URL that begins with amqp://, amqps:// or rabbit://'
    }),
    Type.Object({ env: Type.String({ minLength: 1, title: 'the name of an environment variable' }) }, closed),
    Type.Object({ file: Type.String({ minLength: 1, title: 'the path of a file' }) }, closed)
  ],
  { title: 'an amqp://, amqps:// or rabbit:// URL, { env: NAME } or { file: /path }' }
)

const pem = (whose: string) => Type.String({ minLength: 1, title: `the path of a PEM file: ${whose}` })

const names = (title: string, byDefault: readonly string[]) =>
  Type.Array(Type.String({ minLength: 1, title: 'a name' }), {
    minItems: 1,
    uniqueItems: true,
    title,
    default: [...byDefault]
  })

const notifications = Type.Object(
  {
    openstack: Type.Optional(name),
    // What `openstack` was called: everywhere else `cloud` is an entry of clouds.yaml.
    cloud: Type.Optional(name),
    region: name,
    url: secretUrl,
    cacert: Type.Optional(pem('who signed the certificate of the broker')),
    cert: Type.Optional(pem('our own certificate')),
    key: Type.Optional(pem('the key of our certificate')),
    exchanges: names('a list of exchange names, each once', ['nova', 'neutron', 'keystone', 'glance', 'designate']),
    topics: names('a list of notification topics, each once', ['notifications', 'versioned_notifications']),
    queue: Type.String({
      minLength: 1,
      maxLength: 200,
      default: 'stackreflex',
      title: 'the name of a queue of our own'
    }),
    allowPublisherQueue: Type.Boolean({ default: false }),
    prefetch: Type.Integer({ minimum: 1, maximum: 65_535, default: 2000 }),
    silence: duration('15m'),
    maxLength: Type.Integer({ minimum: 1000, default: 1_000_000 }),
    maxBytes: Type.Integer({ minimum: 10_000_000, default: 2_000_000_000 })
  },
  closed
)

const http = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', title: '127.0.0.1, ::1 or localhost' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080 }),
    hosts: Type.Array(Type.String({ minLength: 1, title: 'a host name' }), {
      default: [],
      title: 'a list of host names'
    })
  },
  { ...closed, default: {} }
)

/** The part of reflex.yaml that does not depend on which policies there are. */
const base = Type.Object({
  clusters: Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }), cluster, {
    ...closed,
    minProperties: 1,
    title: 'clusters by name (lower-case letters, digits and "-"), each with cloud and tier'
  }),
  notifications: Type.Array(notifications, { default: [], title: 'a list with one entry for each broker' }),
  limits,
  approvals,
  access,
  tokens,
  placement,
  gitlab,
  slack,
  sweep: Type.Object({ every: duration('10m'), atStart: Type.Boolean({ default: true }) }, { ...closed, default: {} }),
  journal: Type.Object(
    {
      path: Type.String({ minLength: 1, default: '.data/journal.db', title: 'the path of the journal file' }),
      keep: duration('30d'),
      keepIds: duration('90d')
    },
    { ...closed, default: {} }
  ),
  http,
  log: Type.Object(
    { level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], { default: 'info' }) },
    { ...closed, default: {} }
  )
})

// The words of `Mode`; test/config/guard.test.ts holds both together.
const modes = ['off', 'observe', 'approve', 'enforce'] as const satisfies readonly Mode[]

const allOrOne = { title: 'the name of an OpenStack, or * for all of them' }
const everyOpenstack = Type.Literal('*')

const policyEntry = ({ name: policy, settings, as, spans }: KnownPolicy) =>
  Type.Object(
    {
      // What follows the @ in the name of an instance says it.
      ...(as === undefined || openstackIn(policy) !== null
        ? {}
        : { openstack: Type.Optional(spans === true ? Type.Union([name, everyOpenstack], allOrOne) : name) }),
      mode: Type.Enum([...modes], { default: 'observe' }),
      clusters: Type.Record(Type.String(), Type.Enum([...modes]), {
        default: {},
        title: 'clusters by name, each with off, observe, approve or enforce'
      }),
      settings: { ...settings, default: {} } as TSchema
    },
    closed
  )

/** reflex.yaml once validated and filled with its defaults. */
export type WrittenConfig = Static<typeof base> & {
  readonly policies: Readonly<
    Record<
      string,
      {
        readonly openstack?: string
        readonly mode: Mode
        readonly clusters: Readonly<Record<string, Mode>>
        readonly settings: unknown
      }
    >
  >
}

/** A JSON Schema. */
export type Schema = { [keyword: string]: unknown }

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What has a default need not be written; TypeBox lists it as required all the same. */
function withoutDefaulted(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDefaulted)
  if (!isSchema(schema)) return schema
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === 'default' ? value : withoutDefaulted(value)])
  )
  const { required, properties } = copy
  if (Array.isArray(required) && isSchema(properties)) {
    copy.required = required.filter((key) => !('default' in ((properties[key as string] ?? {}) as Schema)))
  }
  return copy
}

/** The schema of reflex.yaml but for its policies, of which each has a schema of its own (`entrySchema`). */
export const baseSchema = (): Schema => whole(Type.Object({}, { default: {} }))

/** The schema of a policy's entry in reflex.yaml. */
export const entrySchema = (policy: KnownPolicy): Schema => withoutDefaulted(policyEntry(policy)) as Schema

/** JSON Schema of reflex.yaml, for editors. */
export function configSchema(policies: readonly KnownPolicy[]): Schema {
  const entries = Object.fromEntries(policies.map((policy) => [policy.name, Type.Optional(policyEntry(policy))]))
  const perOpenstack = policies.flatMap((policy) => {
    const instance = policy.as?.(instanceName(policy.name, 'any'))
    return instance === undefined ? [] : [[`^${policy.name}@${namePattern}$`, policyEntry(instance)]]
  })
  const patterns = perOpenstack.length === 0 ? {} : { patternProperties: Object.fromEntries(perOpenstack) }
  return whole(Type.Object(entries, { ...closed, ...patterns, default: {} }))
}

function whole(policies: TSchema): Schema {
  const title = 'a map with clusters, policies and the rest of reflex.yaml'
  return withoutDefaulted(Type.Object({ ...base.properties, policies }, { ...closed, title })) as Schema
}
