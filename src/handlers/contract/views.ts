import { type TSchema, Type } from 'typebox'

// What the API's answers hold; an answer may hold more with a later build, never less.

/** The schema of any text. */
export const textForm = Type.String()
/** The schema of a whole number. */
export const count = Type.Integer()
/** The schema of any number. */
export const numberForm = Type.Number()
/** The schema of a boolean. */
export const flag = Type.Boolean()
/** The schema of a time in RFC 3339. */
export const timeForm = Type.String({ description: 'RFC 3339, in UTC' })
/** Anything that JSON can say: whatever a policy, an action or a sender put there. */
export const anything = Type.Unsafe<unknown>({})
/** Makes a schema that allows null as well. */
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
/** Makes the schema of a list that has no further page. */
export const items = <T extends TSchema>(schema: T) => Type.Object({ items: Type.Array(schema) })
/** Makes the schema of one page of a list, with the cursor of the next one. */
export const page = <T extends TSchema>(schema: T) =>
  Type.Object({ items: Type.Array(schema), next: orNull(Type.String({ description: '`cursor` of the next page' })) })

/** The schema of a problem detail (RFC 9457). */
export const problem = Type.Object(
  {
    type: Type.String({ description: 'names the kind of problem; nothing is there to be fetched' }),
    title: textForm,
    status: count,
    detail: Type.String({ description: 'what is wrong, and what is allowed' }),
    instance: Type.Optional(Type.String({ description: 'the request id as a URN' })),
    error: Type.Object({ code: textForm, message: textForm, requestId: orNull(textForm) })
  },
  { description: 'RFC 9457' }
)

/** The schema of a health check. */
export const check = Type.Object({ name: textForm, level: Type.Enum(['ok', 'warning', 'failure']), detail: textForm })

/** The schema of an event. */
export const event = Type.Object({
  seq: count,
  id: textForm,
  receivedAt: timeForm,
  time: orNull(timeForm),
  source: textForm,
  type: textForm,
  subject: orNull(textForm),
  project: orNull(textForm),
  requestId: orNull(textForm),
  globalRequestId: orNull(textForm),
  userId: orNull(textForm),
  userName: orNull(textForm),
  data: anything,
  reason: orNull(textForm),
  ignored: flag,
  saidTime: orNull(textForm)
})

const holder = Type.Object({ policy: textForm, lane: textForm })
const step = Type.Object({
  type: textForm,
  risk: textForm,
  cluster: orNull(textForm),
  target: textForm,
  scope: textForm,
  population: Type.Optional(count),
  input: anything,
  gone: Type.Optional(Type.Literal(true)),
  holder: Type.Optional(holder),
  pinMs: Type.Optional(numberForm)
})
const verdict = Type.Object({
  verdict: Type.Enum(['proceed', 'again', 'hold', 'defer', 'refuse']),
  rule: Type.Optional(textForm),
  reason: Type.Optional(textForm),
  until: Type.Optional(orNull(numberForm))
})

const decided = {
  id: count,
  policy: textForm,
  lane: textForm,
  at: timeForm,
  mode: orNull(Type.Enum(['off', 'observe', 'approve', 'enforce'])),
  outcome: Type.Enum(['act', 'skip', 'failed']),
  reason: textForm,
  findings: Type.Array(textForm),
  generation: count,
  events: Type.Array(count),
  resources: Type.Array(textForm),
  plan: Type.Array(step),
  hints: Type.Array(Type.Object({ lane: textForm, reason: textForm })),
  settings: anything,
  build: textForm,
  given: Type.Array(textForm),
  verdict: orNull(verdict),
  hash: orNull(textForm),
  approval: orNull(count),
  requesters: Type.Array(textForm)
}
/** The schema of a decision. */
export const decision = Type.Object({
  ...decided,
  answers: Type.Record(textForm, Type.Object({ query: anything, sha256: textForm }))
})

const attempt = Type.Object({
  n: count,
  startedAt: timeForm,
  endedAt: orNull(timeForm),
  outcome: orNull(textForm),
  note: orNull(textForm),
  requestId: orNull(textForm)
})
const acted = {
  id: textForm,
  seq: count,
  decision: count,
  ordinal: count,
  policy: textForm,
  lane: textForm,
  type: textForm,
  risk: textForm,
  cluster: orNull(textForm),
  target: textForm,
  scope: textForm,
  input: anything,
  state: Type.Enum(['waiting', 'ready', 'claimed', 'done', 'stale', 'failed', 'refused', 'cancelled', 'interrupted']),
  reason: orNull(textForm),
  requestId: textForm,
  createdAt: timeForm,
  finishedAt: orNull(timeForm),
  holder: orNull(holder),
  inverse: orNull(Type.Object({ type: textForm, risk: textForm, input: anything })),
  attempts: Type.Array(attempt)
}
/** The schema of a step with its attempts. */
export const action = Type.Object(acted)

/** The schema of a decision with the answers that it was made on and what came of it. */
export const explained = Type.Object({
  ...decided,
  because: orNull(count),
  known: Type.Array(
    Type.Object({ name: textForm, query: anything, sha256: textForm, short: textForm, answer: anything })
  ),
  actions: Type.Array(Type.Object({ ...acted, undoes: orNull(textForm), undone: Type.Array(anything) })),
  cameBack: Type.Array(event)
})

/** The schema of a lane. */
export const lane = Type.Object({
  policy: textForm,
  key: textForm,
  pending: count,
  parked: orNull(textForm),
  waiting: orNull(textForm),
  held: orNull(textForm),
  heldUntil: orNull(timeForm),
  dueAt: orNull(timeForm),
  openDecision: orNull(count)
})

/** The schema of a stop. */
export const stopSchema = Type.Object({
  id: count,
  cluster: orNull(textForm),
  by: textForm,
  at: timeForm,
  reason: textForm,
  memory: Type.Optional(textForm)
})

/** The states of an approval. */
export const approvalStates = ['open', 'granted', 'rejected', 'superseded', 'expired', 'used'] as const
/** The schema of an approval with its votes. */
export const approval = Type.Object({
  id: count,
  policy: textForm,
  lane: textForm,
  decision: count,
  latest: count,
  hash: textForm,
  state: Type.Enum([...approvalStates]),
  reason: orNull(textForm),
  requestedAt: timeForm,
  expires: timeForm,
  requesters: Type.Array(textForm),
  clusters: Type.Array(textForm),
  summary: textForm,
  plan: Type.Array(step),
  votes: Type.Array(
    Type.Object({ actor: textForm, verdict: Type.Enum(['approve', 'reject']), at: timeForm, reason: orNull(textForm) })
  ),
  usedBy: orNull(count)
})
