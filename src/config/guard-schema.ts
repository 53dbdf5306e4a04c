import { Type } from 'typebox'
import { kubernetes } from './integrations-schema.ts'
import { closed, duration, name } from './schema-parts.ts'

const localTime = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d$',
  title: 'a local time such as 2026-01-06T22:00'
})
const repeat = Type.String({
  minLength: 1,
  maxLength: 500,
  title: 'an RFC 5545 recurrence rule such as FREQ=WEEKLY;BYDAY=TU,TH'
})
const risk = Type.Enum(['create', 'update', 'delete'])
const some = (title: string) =>
  Type.Array(Type.String({ minLength: 1, title: 'a name' }), { minItems: 1, uniqueItems: true, title })

const window = Type.Object(
  {
    name,
    from: Type.Optional(localTime),
    for: Type.Optional(duration()),
    repeat: Type.Optional(repeat),
    always: Type.Optional(Type.Boolean()),
    policies: Type.Optional(some('a list of policies, each once')),
    risks: Type.Optional(
      Type.Array(risk, { minItems: 1, uniqueItems: true, title: 'a list of create, update and delete, each once' })
    )
  },
  closed
)

const freeze = Type.Object(
  {
    name,
    from: localTime,
    for: Type.Optional(duration()),
    until: Type.Optional(localTime),
    repeat: Type.Optional(repeat)
  },
  closed
)

/** One entry of `clusters`. */
export const cluster = Type.Object(
  {
    cloud: Type.String({ minLength: 1, title: 'the name of an entry in clouds.yaml' }),
    openstack: Type.Optional(name),
    tier: Type.Enum(['bursty', 'change-controlled', 'always-on']),
    timeZone: Type.String({ default: 'UTC', title: 'an IANA time zone such as Europe/Berlin' }),
    windows: Type.Array(window, { default: [], title: 'a list of windows' }),
    freezes: Type.Array(freeze, { default: [], title: 'a list of freezes' }),
    inFlight: Type.Optional(Type.Integer({ minimum: 1 })),
    kubernetes: Type.Optional(kubernetes)
  },
  closed
)

const match = {
  policy: Type.Optional(Type.String({ minLength: 1, title: 'the name of a policy' })),
  cluster: Type.Optional(Type.String({ minLength: 1, title: 'the name of a cluster' })),
  action: Type.Optional(Type.String({ minLength: 1, title: 'the type of an action' })),
  risk: Type.Optional(risk)
}

const budget = Type.Object(
  {
    name,
    ...match,
    most: Type.Optional(Type.Integer({ minimum: 0 })),
    share: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    from: Type.Optional(Type.Integer({ minimum: 1 })),
    window: duration()
  },
  closed
)

/** The schema of `limits`. */
export const limits = Type.Object(
  {
    deletes: Type.Object(
      {
        share: Type.Number({ minimum: 0, maximum: 1, default: 0.3 }),
        gone: Type.Number({ minimum: 0, maximum: 1, default: 0.3 }),
        from: Type.Integer({ minimum: 1, default: 10 }),
        window: duration('1h')
      },
      { ...closed, default: {} }
    ),
    isolation: Type.Object(
      { most: Type.Integer({ minimum: 0, default: 50 }), window: duration('1h') },
      { ...closed, default: {} }
    ),
    budgets: Type.Array(budget, { default: [], title: 'a list of budgets' }),
    coolDowns: Type.Array(Type.Object({ name, ...match, for: duration() }, closed), {
      default: [],
      title: 'a list of cool-downs'
    }),
    afterUndo: duration('24h')
  },
  { ...closed, default: {} }
)

const groups = Type.Array(Type.String({ minLength: 1, title: 'a group' }), {
  default: [],
  uniqueItems: true,
  title: 'a list of groups, each once'
})
const approval = Type.Object({ required: Type.Integer({ minimum: 1, default: 1 }), groups }, { ...closed, default: {} })

/** The schema of `approvals`. */
export const approvals = Type.Object(
  {
    expires: duration('24h'),
    tiers: Type.Object(
      { bursty: approval, 'change-controlled': approval, 'always-on': approval },
      { ...closed, default: {} }
    )
  },
  { ...closed, default: {} }
)

/** The schema of `access`. */
export const access = Type.Object({ operate: groups }, { ...closed, default: {} })

const token = Type.Object(
  {
    actor: Type.String({ minLength: 1, title: 'who it is' }),
    groups,
    role: Type.Enum(['read', 'person'], { default: 'person' }),
    expires: Type.Optional(
      Type.String({
        pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2}))?$',
        title: 'a day (2027-12-31, its end in UTC), or an instant (2027-12-31T18:00:00Z)'
      })
    ),
    sha256: Type.Union(
      [
        Type.String({ pattern: '^[0-9a-f]{64}$', title: '64 digits 0-9 a-f' }),
        Type.Object({ env: Type.String({ minLength: 1, title: 'the name of an environment variable' }) }, closed),
        Type.Object({ file: Type.String({ minLength: 1, title: 'the path of a file' }) }, closed)
      ],
      { title: 'the SHA-256 of the token in 64 digits 0-9 a-f, { env: NAME } or { file: /path }' }
    )
  },
  closed
)

/** The schema of `tokens`. */
export const tokens = Type.Array(token, { default: [], title: 'a list of tokens' })

/** The schema of `placement`. */
export const placement = Type.Record(
  Type.String({ minLength: 1 }),
  Type.Array(Type.String({ minLength: 1, title: 'the name of a cluster' }), {
    minItems: 1,
    uniqueItems: true,
    title: 'a list of clusters, each once'
  }),
  { default: {}, title: 'services by name, each with the clusters where it may run' }
)
