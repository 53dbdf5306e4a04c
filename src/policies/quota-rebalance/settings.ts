import { type Static, Type } from 'typebox'
import { type Elsewhere, type Idle, notOurs } from '../../core/policy.ts'
import { quotaResources, quotaServiceOf } from '../../core/quota.ts'

const closed = { additionalProperties: false } as const
const duration = (byDefault: string) =>
  Type.String({
    pattern: '^[1-9][0-9]{0,8}(ms|s|m|h|d)$',
    title: 'a duration such as 30s, 15m or 6h',
    default: byDefault
  })
const amount = Type.Integer({ minimum: 0 })
const mark = Type.Union(
  [amount, Type.String({ pattern: '^(100|[1-9]?[0-9])%$', title: 'a share of the capacity such as 10%' })],
  { title: 'a whole number, or a share of the capacity such as 10%' }
)
const marks = {
  floor: Type.Optional(Type.Integer({ minimum: 0, description: 'never taken below' })),
  ceiling: Type.Optional(Type.Integer({ minimum: 0, description: 'never given above' })),
  low: Type.Optional(mark),
  high: Type.Optional(mark)
}

const resource = Type.Object(
  {
    capacity: Type.Union(
      [
        Type.Integer({ minimum: 1 }),
        Type.Object(
          {
            discover: Type.Literal(true),
            share: Type.Number({
              exclusiveMinimum: 0,
              maximum: 1,
              default: 1,
              description: 'of what the OpenStack can bear'
            })
          },
          closed
        )
      ],
      { title: 'what the limits of all projects may come to together, or { discover: true, share: 0.9 }' }
    ),
    ...marks,
    quantum: Type.Integer({ minimum: 1, default: 1, description: 'moves are multiples of it' }),
    projects: Type.Record(Type.String(), Type.Object(marks, closed), {
      default: {},
      title: 'clusters by name, each with what differs for it'
    })
  },
  closed
)

const group = Type.Object(
  {
    projects: Type.Record(
      Type.String(),
      Type.Object(
        {
          priority: Type.Integer({ default: 0, description: 'the higher receives first and gives last' }),
          weight: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })
        },
        closed
      ),
      { minProperties: 2, title: 'clusters by name, each with its priority' }
    ),
    resources: Type.Record(Type.String(), resource, {
      minProperties: 1,
      title: 'resources by the name of their quota, such as cores, gigabytes_fast or floatingip'
    }),
    together: Type.Array(Type.Record(Type.String(), Type.Integer({ minimum: 1 }), { minProperties: 2 }), {
      default: [],
      title: 'a list of resources that only move together, such as { cores: 1, ram: 4096, instances: 1 }'
    })
  },
  closed
)

/** Settings of `quota-rebalance`, as written under `policies.quota-rebalance.settings`. */
export const quotaSettingsSchema = Type.Object(
  {
    cloud: Type.String({ minLength: 1, description: 'clouds.yaml entry that may read and set the quotas' }),
    groups: Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }), group, {
      ...closed,
      minProperties: 1,
      title: 'groups by name, each with projects and resources'
    }),
    respect: { ...duration('1h'), description: 'what somebody else changed is left alone for so long' },
    coolDown: { ...duration('10m'), description: 'who received does not give, who gave does not receive, for so long' },
    warn: { ...duration('24h'), description: 'a limit that will be reached within this time is a finding' },
    over: { ...duration('6h'), description: 'the time over which growth is looked at' },
    askBack: Type.Optional(
      Type.String({
        pattern: '^(100|[1-9]?[0-9])%$',
        title: 'a share such as 30%',
        description:
          'a request that takes more than this share of what another project has is done only when it is confirmed; 50% where it is left out'
      })
    )
  },
  closed
)

/** The settings of `quota-rebalance`. */
export type QuotaSettings = Static<typeof quotaSettingsSchema>

/** One instance of the policy: its name, and what it shares. */
export interface QuotaInstance {
  readonly policy: string
  readonly settings: QuotaSettings
}

/** Returns from which share of another's limit on a request is asked back. */
export const askBackAbove = ({ askBack = '50%' }: QuotaSettings): number => Number(askBack.slice(0, -1)) / 100

/** What the settings say of one group. */
export type GroupSettings = QuotaSettings['groups'][string]
/** What the settings say of one resource of a group. */
export type ResourceSettings = GroupSettings['resources'][string]

/** Converts a watermark to a number: a share is one of the capacity. */
export function markOf(value: number | string, capacity: number): number {
  return typeof value === 'number' ? value : Math.floor((capacity * Number(value.slice(0, -1))) / 100)
}

/** Checks what the schema cannot see; returns mistakes as sentences. */
export function checkQuotaSettings(
  { groups }: QuotaSettings,
  clusters: readonly string[],
  elsewhere?: Elsewhere
): readonly string[] {
  const mistakes: string[] = []
  const held = new Map<string, string>()
  for (const [name, { projects, resources, together }] of Object.entries(groups)) {
    const at = `groups.${name}`
    for (const cluster of Object.keys(projects)) {
      const why = notOurs(cluster, clusters, elsewhere)
      if (why !== null) mistakes.push(`${at}.projects: ${why}`)
    }
    for (const [resource, one] of Object.entries(resources)) {
      if (quotaServiceOf(resource) === null)
        mistakes.push(
          `${at}.resources: there is no resource '${resource}'; resources are: ${Object.values(quotaResources).flat().join(', ')}, and volumes_, gigabytes_ and snapshots_ with the name of a volume type`
        )
      for (const cluster of Object.keys(projects)) {
        const known = held.get(`${cluster} ${resource}`)
        if (known !== undefined) mistakes.push(`${at}: ${resource} of ${cluster} is in group ${known} already`)
        held.set(`${cluster} ${resource}`, name)
        mistakes.push(...marksMistakes(`${at}.resources.${resource}`, cluster, one))
      }
      for (const cluster of Object.keys(one.projects))
        if (!Object.hasOwn(projects, cluster))
          mistakes.push(
            `${at}.resources.${resource}.projects: '${cluster}' is not in the group; its projects are: ${Object.keys(projects).join(', ')}`
          )
    }
    const seen = new Set<string>()
    for (const [n, bundle] of together.entries())
      for (const resource of Object.keys(bundle)) {
        if (!Object.hasOwn(resources, resource))
          mistakes.push(
            `${at}.together[${n}]: '${resource}' is not in the group; its resources are: ${Object.keys(resources).join(', ')}`
          )
        if (seen.has(resource)) mistakes.push(`${at}.together[${n}]: '${resource}' moves together with others already`)
        seen.add(resource)
      }
  }
  return mistakes
}

function marksMistakes(at: string, cluster: string, one: ResourceSettings): readonly string[] {
  const { floor, ceiling, low, high } = { ...one, ...one.projects[cluster] }
  const of = `${at} (${cluster})`
  const mistakes: string[] = []
  if (low === undefined || high === undefined)
    mistakes.push(`${of}: low and high are missing: the headroom below which it receives, and above which it gives`)
  else {
    const capacity = typeof one.capacity === 'number' ? one.capacity : 1_000_000
    if (
      (typeof low === typeof high || typeof one.capacity === 'number') &&
      markOf(low, capacity) > markOf(high, capacity)
    )
      mistakes.push(`${of}: low (${low}) is above high (${high})`)
  }
  if (floor !== undefined && ceiling !== undefined && floor > ceiling)
    mistakes.push(`${of}: floor (${floor}) is above ceiling (${ceiling})`)
  return mistakes
}

/** Warns of what would move to and fro for ever: one quantum makes a receiver of the one that gave it. */
export function idleQuotaSettings({ groups }: QuotaSettings): readonly Idle[] {
  return Object.entries(groups).flatMap(([group, { projects, resources }]) =>
    Object.entries(resources).flatMap(([resource, one]) =>
      Object.keys(projects).flatMap((cluster): Idle[] => {
        const { low, high } = { ...one, ...one.projects[cluster] }
        const { capacity, quantum } = one
        if (low === undefined || high === undefined || typeof capacity !== 'number') return []
        const between = markOf(high, capacity) - markOf(low, capacity)
        if (quantum <= between || quantum === 1) return []
        const message = `${quantum} is more than lies between low and high of ${cluster} (${between}): who gives one falls below low, and asks for it back`
        const path = ['groups', group, 'resources', resource, 'quantum']
        return [{ path, message, allowed: `a quantum of at most ${between}, or watermarks further apart` }]
      })
    )
  )
}
