import { type Static, Type } from 'typebox'
import { layers, severities } from '../../core/breach.ts'
import { type Configured, type Mode, modeOn, modes } from '../../core/policy.ts'

const closed = { additionalProperties: false } as const
const names = (title: string) =>
  Type.Array(Type.String({ minLength: 1, title: 'a name, <cluster>/<name>, or an id' }), { default: [], title })
const grace = (byDefault: string) =>
  Type.String({
    pattern: '^(0s|[1-9][0-9]{0,8}(ms|s|m|h|d))$',
    title: 'a duration such as 0s, 5m or 1h',
    default: byDefault
  })

const cluster = Type.Object(
  {
    networks: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        title:
          'networks by id, by <cluster>/<name>, or by name; left out: all that its project owns, of which no range counts against others'
      })
    ),
    ranges: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      title: 'addresses that are its own besides those of its networks, e.g. 10.1.0.0/16'
    }),
    volumeTypes: names('volume types of its own, by name or id; none: it may use any'),
    admins: names('users by id or name@domain who may have roles in its project and in no other cluster’s'),
    flavors: names('flavors that its servers may have, by name or id; none: any'),
    images: names('images that its servers may be made from, by name or id; none: any'),
    keys: names('names of its key pairs: no server of another cluster may have them'),
    publicPorts: names('what may be open to the world, e.g. 443/tcp, 30000-32767/tcp, icmp'),
    floatingPools: names('external networks that its floating IPs may come from, by name or id; none: any'),
    behindLoadBalancer: Type.Boolean({ default: false, title: 'true: no server has a floating IP of its own' }),
    encrypted: Type.Boolean({ default: false, title: 'true: its volumes and volume types are encrypted' }),
    quota: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
      default: {},
      title: 'resource -> the limit that an unlimited quota gets, e.g. { cores: 200 }'
    })
  },
  closed
)

const crossing = Type.Object(
  {
    from: Type.String({ minLength: 1, title: 'the cluster that is open, or *' }),
    to: Type.String({
      minLength: 1,
      title: 'the cluster that it may be open to, outside (projects of no cluster), or * for anything'
    }),
    layer: Type.Optional(Type.Enum([...layers])),
    rule: Type.Optional(Type.String({ minLength: 1, title: 'one rule' })),
    when: Type.Optional(
      Type.String({ minLength: 1, title: 'a CEL condition over rule, from, to, resource and evidence' })
    ),
    reason: Type.String({ minLength: 1, title: 'why it may cross' })
  },
  closed
)

const exemption = Type.Object(
  {
    rule: Type.String({ minLength: 1, title: 'a rule, or * for all' }),
    resource: Type.String({ minLength: 1, title: 'an id, or <cluster>/<name>' }),
    reason: Type.String({ minLength: 1, title: 'why it may be' }),
    owner: Type.String({ minLength: 1, title: 'who answers for it' }),
    until: Type.String({
      pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2}))?$',
      title: 'a day (2026-12-31, its end in UTC), or an instant (2026-12-31T18:00:00Z)'
    })
  },
  closed
)

/** Settings of `isolation`, as written under `policies.isolation.settings`. */
export const isolationSettingsSchema = Type.Object(
  {
    cloud: Type.String({ minLength: 1, title: 'the clouds.yaml entry that sees all projects' }),
    clusters: Type.Record(Type.String(), cluster, {
      default: {},
      title: 'the clusters to keep apart, each with what is its own'
    }),
    shared: Type.Object(
      {
        networks: names('networks that several clusters may use'),
        volumeTypes: names('volume types that several clusters may use'),
        images: names('images that several clusters may use'),
        flavors: names('flavors that several clusters may use')
      },
      { ...closed, default: {} }
    ),
    operators: names('users by id or name@domain who look after all clusters: cloud admins, services, ourselves'),
    adminRoles: Type.Array(Type.String({ minLength: 1 }), {
      default: ['admin'],
      title: 'roles that only operators may have'
    }),
    crossing: Type.Array(crossing, { default: [], title: 'what may cross between clusters' }),
    exempt: Type.Array(exemption, { default: [], title: 'breaches that somebody answers for, for a time' }),
    protected: names('ids and <cluster>/<name> (* matches anything) of what is never cut off'),
    grace: Type.Object(
      { critical: grace('0s'), high: grace('0s'), medium: grace('5m'), low: grace('1h') },
      { ...closed, default: {} }
    ),
    rules: Type.Record(
      Type.String(),
      Type.Object(
        { mode: Type.Optional(Type.Enum([...modes])), severity: Type.Optional(Type.Enum([...severities])) },
        closed
      ),
      { default: {}, title: 'rules by name, each with mode, severity or both' }
    )
  },
  closed
)

type Written = Static<typeof isolationSettingsSchema>

/** What the configuration says of the clusters for all policies. */
export interface IsolationSurroundings {
  /** Cluster -> what its `reflex.yaml` entry says; those that are not in it do not exist. */
  readonly placed?: Readonly<Record<string, PlacedCluster>>
  /** The mode of this policy for what no cluster bears alone. */
  readonly mode?: Mode
}

/** The settings of `isolation`, with what the configuration says of the clusters. */
export type IsolationSettings = Written & IsolationSurroundings

/** Selects the clusters that an instance keeps apart, each with its mode there. */
export function isolationSurroundings({ clusters, modes, openstack }: Configured): IsolationSurroundings {
  const own = clusters.filter((one) => openstack === null || one.openstack === openstack)
  const placed = own.map(({ name, tier, cloud }) => [name, { tier, cloud, mode: modeOn(modes, name) }] as const)
  return { placed: Object.fromEntries(placed), mode: modes.mode }
}

/** A cluster's tier and cloud entry, and the mode of the policy there. */
export interface PlacedCluster {
  readonly tier: 'bursty' | 'change-controlled' | 'always-on'
  /** Its own entry of clouds.yaml. */
  readonly cloud: string
  /** The mode of this policy there. */
  readonly mode: Mode
}

/** What the settings say of one cluster. */
export type ClusterSettings = Written['clusters'][string]
/** An exemption from a rule, with its reason and end. */
export type Exemption = Written['exempt'][number]
/** A crossing between clusters that the settings allow. */
export type CrossingSetting = Written['crossing'][number]
