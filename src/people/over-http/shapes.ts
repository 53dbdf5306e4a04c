import { Ajv } from 'ajv'
import { type Static, type TSchema, Type } from 'typebox'

// What a command needs of each answer, and no more: a server of another build may say other things beside it.
const text = Type.String()
const count = Type.Number()
const flag = Type.Boolean()
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const items = <T extends TSchema>(schema: T) => Type.Object({ items: Type.Array(schema) })

const stop = Type.Object({ id: count, cluster: orNull(text), by: text, at: text, reason: text })
const step = Type.Object({ type: text, target: text, cluster: orNull(text) })
const verdict = Type.Object({ verdict: text, rule: Type.Optional(text), reason: Type.Optional(text) })
const decision = Type.Object({
  id: count,
  outcome: Type.Enum(['act', 'skip', 'failed']),
  mode: orNull(text),
  reason: text,
  plan: Type.Array(step),
  verdict: orNull(verdict),
  approval: orNull(count),
  findings: Type.Array(text)
})
const lane = Type.Object({ key: text, policy: text, held: orNull(text), parked: orNull(text) })
const vote = Type.Object({ actor: text, verdict: text })
const approval = Type.Object({ id: count, state: text, reason: orNull(text), votes: Type.Array(vote) })
const asked = Type.Intersect([
  approval,
  Type.Object({
    expires: text,
    clusters: Type.Array(text),
    policy: text,
    lane: text,
    plan: Type.Array(step),
    summary: text
  })
])
const finding = Type.Object({
  severity: text,
  state: text,
  layer: text,
  from: text,
  to: text,
  since: count,
  ended: orNull(count),
  rule: text,
  summary: text,
  held: orNull(Type.Object({ rule: text })),
  userId: orNull(text),
  userName: orNull(text),
  decisions: Type.Object({ first: count, last: count })
})
const found = Type.Intersect([finding, Type.Object({ policy: text, lane: text, name: text, because: text })])
const crossing = Type.Object({ from: text, to: text, layer: text, counts: Type.Object({}), worst: orNull(text) })
const project = Type.Object({ cluster: text, limit: orNull(count), used: orNull(count), readAt: orNull(count) })
const resource = Type.Object({ resource: text, capacity: orNull(count), projects: Type.Array(project) })
const request = Type.Object({ id: count, cluster: text, resource: text, amount: count, got: count, state: text })
const group = Type.Object({
  group: text,
  resources: Type.Array(resource),
  requests: Type.Array(request),
  findings: Type.Array(text),
  moves: Type.Array(Type.Object({ decision: count, cluster: text }))
})
const event = Type.Object({ seq: count, receivedAt: text, time: text, source: text, type: text })
const action = Type.Object({ id: text, type: text, target: text, state: text, attempts: Type.Array(Type.Object({})) })
const explained = Type.Object({
  id: count,
  at: text,
  outcome: text,
  reason: text,
  lane: text,
  policy: text,
  events: Type.Array(count),
  hints: Type.Array(Type.Object({ lane: text, reason: text })),
  plan: Type.Array(step),
  findings: Type.Array(text),
  requesters: Type.Array(text),
  known: Type.Array(Type.Object({ name: text, short: text })),
  actions: Type.Array(action),
  cameBack: Type.Array(event)
})

/** What each answer has to be for a command to believe it. */
export const shapes = {
  alive: Type.Object({ alive: Type.Literal(true) }),
  ready: Type.Object({
    ready: flag,
    modes: Type.Optional(Type.Record(text, text)),
    checks: Type.Array(Type.Object({ name: text, level: text, detail: text }))
  }),
  stops: items(stop),
  stopped: Type.Object({ stop: count, cluster: orNull(text), others: Type.Array(stop) }),
  resumed: Type.Object({ lifted: stop, lanes: count, left: Type.Array(stop) }),
  lanes: items(lane),
  approvals: items(asked),
  voted: Type.Object({ approval, missing: count, decision: orNull(decision) }),
  undone: Type.Object({ policy: text, lane: text, decision: orNull(decision) }),
  restarted: Type.Object({ event: count, decisions: Type.Array(decision) }),
  again: Type.Object({ policy: text, lane: text, before: decision, decision: orNull(decision) }),
  accepted: Type.Object({ accepted: Type.Enum(['journal', 'clock']) }),
  unparked: Type.Object({ policy: text, lane: text }),
  quota: Type.Object({ groups: Type.Array(group) }),
  quotaAsked: Type.Object({ request: count, lane: text, decision: orNull(decision) }),
  isolation: Type.Object({
    clusters: Type.Array(text),
    layers: Type.Array(text),
    matrix: Type.Array(crossing),
    findings: Type.Array(finding),
    history: Type.Array(finding)
  }),
  findings: Type.Object({ findings: Type.Array(found), history: Type.Array(found) }),
  explanation: Type.Object({
    about: text,
    found: flag,
    searched: Type.Array(text),
    cut: flag,
    lanes: Type.Array(lane),
    events: Type.Array(event),
    decisions: Type.Array(explained),
    approvals: Type.Array(asked)
  }),
  range: Type.Object({
    since: text,
    until: orNull(text),
    policy: orNull(text),
    items: Type.Array(Type.Object({ at: text, explain: text, label: text, text })),
    cut: flag
  })
} as const satisfies Readonly<Record<string, TSchema>>

/** The name of an answer's shape. */
export type ShapeName = keyof typeof shapes

const refusal = Type.Object({ error: Type.Object({ code: text, message: text }) })
const ajv = new Ajv({ strict: false, meta: false, validateSchema: false })
const isRefusal = ajv.compile(refusal)

/** Returns the sentence of an answer that is a refusal of ours; null: it is none. */
export const refusedWith = (said: unknown): string | null =>
  isRefusal(said) ? (said as Static<typeof refusal>).error.message : null

/** Validates an answer against its shape, and says what is missing, e.g. `/stop must be number`; null: nothing. */
export function lacks(said: unknown, name: ShapeName): string | null {
  const validate = ajv.compile(shapes[name])
  if (validate(said)) return null
  const [first] = validate.errors ?? []
  return `${first?.instancePath || 'the answer'} ${first?.message ?? 'has another shape'}`
}
