import { type TSchema, Type } from 'typebox'

// What the API's answers hold; an answer may hold more with a later build, never less.

export const text = Type.String()
export const count = Type.Integer()
export const number = Type.Number()
export const flag = Type.Boolean()
export const time = Type.String({ description: 'RFC 3339, in UTC' })
/** Anything that JSON can say: whatever a policy, an action or a sender put there. */
export const anything = Type.Unsafe<unknown>({})
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
export const items = <T extends TSchema>(schema: T) => Type.Object({ items: Type.Array(schema) })
export const page = <T extends TSchema>(schema: T) =>
  Type.Object({ items: Type.Array(schema), next: orNull(Type.String({ description: '`cursor` of the next page' })) })

export const problem = Type.Object(
  {
    type: Type.String({ description: 'names the kind of problem; nothing is there to be fetched' }),
    title: text,
    status: count,
    detail: Type.String({ description: 'what is wrong, and what is allowed' }),
    instance: Type.Optional(Type.String({ description: 'the request id as a URN' })),
    error: Type.Object({ code: text, message: text, requestId: orNull(text) })
  },
  { description: 'RFC 9457' }
)

export const check = Type.Object({ name: text, level: Type.Enum(['ok', 'warning', 'failure']), detail: text })

export const event = Type.Object({
  seq: count,
  id: text,
  receivedAt: time,
  time: orNull(time),
  source: text,
  type: text,
  subject: orNull(text),
  project: orNull(text),
  requestId: orNull(text),
  globalRequestId: orNull(text),
  userId: orNull(text),
  userName: orNull(text),
  data: anything,
  reason: orNull(text),
  ignored: flag,
  saidTime: orNull(text)
})

const holder = Type.Object({ policy: text, lane: text })
export const step = Type.Object({
  type: text,
  risk: text,
  cluster: orNull(text),
  target: text,
  scope: text,
  population: Type.Optional(count),
  input: anything,
  gone: Type.Optional(Type.Literal(true)),
  holder: Type.Optional(holder),
  pinMs: Type.Optional(number)
})
export const verdict = Type.Object({
  verdict: Type.Enum(['proceed', 'again', 'hold', 'defer', 'refuse']),
  rule: Type.Optional(text),
  reason: Type.Optional(text),
  until: Type.Optional(orNull(number))
})

const decided = {
  id: count,
  policy: text,
  lane: text,
  at: time,
  mode: orNull(Type.Enum(['off', 'observe', 'approve', 'enforce'])),
  outcome: Type.Enum(['act', 'skip', 'failed']),
  reason: text,
  findings: Type.Array(text),
  generation: count,
  events: Type.Array(count),
  resources: Type.Array(text),
  plan: Type.Array(step),
  hints: Type.Array(Type.Object({ lane: text, reason: text })),
  settings: anything,
  build: text,
  given: Type.Array(text),
  verdict: orNull(verdict),
  hash: orNull(text),
  approval: orNull(count),
  requesters: Type.Array(text)
}
export const decision = Type.Object({
  ...decided,
  answers: Type.Record(text, Type.Object({ query: anything, sha256: text }))
})

export const attempt = Type.Object({
  n: count,
  startedAt: time,
  endedAt: orNull(time),
  outcome: orNull(text),
  note: orNull(text),
  requestId: orNull(text)
})
const acted = {
  id: text,
  seq: count,
  decision: count,
  ordinal: count,
  policy: text,
  lane: text,
  type: text,
  risk: text,
  cluster: orNull(text),
  target: text,
  scope: text,
  input: anything,
  state: Type.Enum(['waiting', 'ready', 'claimed', 'done', 'stale', 'failed', 'refused', 'cancelled', 'interrupted']),
  reason: orNull(text),
  requestId: text,
  createdAt: time,
  finishedAt: orNull(time),
  holder: orNull(holder),
  inverse: orNull(Type.Object({ type: text, risk: text, input: anything })),
  attempts: Type.Array(attempt)
}
export const action = Type.Object(acted)

export const explained = Type.Object({
  ...decided,
  because: orNull(count),
  known: Type.Array(Type.Object({ name: text, query: anything, sha256: text, short: text, answer: anything })),
  actions: Type.Array(Type.Object({ ...acted, undoes: orNull(text), undone: Type.Array(anything) })),
  cameBack: Type.Array(event)
})

export const lane = Type.Object({
  policy: text,
  key: text,
  pending: count,
  parked: orNull(text),
  waiting: orNull(text),
  held: orNull(text),
  heldUntil: orNull(time),
  dueAt: orNull(time),
  openDecision: orNull(count)
})

export const stop = Type.Object({
  id: count,
  cluster: orNull(text),
  by: text,
  at: time,
  reason: text,
  memory: Type.Optional(text)
})

export const approvalStates = ['open', 'granted', 'rejected', 'superseded', 'expired', 'used'] as const
export const approval = Type.Object({
  id: count,
  policy: text,
  lane: text,
  decision: count,
  latest: count,
  hash: text,
  state: Type.Enum([...approvalStates]),
  reason: orNull(text),
  requestedAt: time,
  expires: time,
  requesters: Type.Array(text),
  clusters: Type.Array(text),
  summary: text,
  plan: Type.Array(step),
  votes: Type.Array(
    Type.Object({ actor: text, verdict: Type.Enum(['approve', 'reject']), at: time, reason: orNull(text) })
  ),
  usedBy: orNull(count)
})
