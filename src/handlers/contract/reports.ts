import { Type } from 'typebox'
import { layers, severities } from '../../core/breach.ts'
import { breachStates } from '../../policies/shared/findings.ts'
import {
  anything,
  approval,
  count,
  event,
  explained,
  flag,
  lane,
  numberForm,
  orNull,
  textForm,
  timeForm
} from './views.ts'

const ms = Type.Number({ description: 'ms since the epoch' })

/** The schema of an explanation: the chain around one thing. */
export const explanation = Type.Object({
  about: textForm,
  found: flag,
  searched: Type.Array(textForm),
  cut: flag,
  lanes: Type.Array(lane),
  events: Type.Array(event),
  decisions: Type.Array(explained),
  approvals: Type.Array(approval)
})

/** The schema of what happened within some time. */
export const range = Type.Object({
  since: timeForm,
  until: orNull(timeForm),
  policy: orNull(textForm),
  items: Type.Array(
    Type.Object({
      at: timeForm,
      kind: Type.Enum(['decision', 'action', 'person']),
      explain: textForm,
      label: textForm,
      policy: orNull(textForm),
      text: textForm
    })
  ),
  cut: flag
})

const quotaProject = Type.Object({
  cluster: textForm,
  limit: orNull(numberForm),
  used: orNull(numberForm),
  readAt: orNull(ms),
  low: numberForm,
  high: numberForm,
  floor: numberForm,
  ceiling: orNull(numberForm),
  state: Type.Enum(['not read', 'no limit', 'over', 'short', 'inside', 'spare']),
  growth: orNull(numberForm),
  fullInMs: orNull(numberForm)
})

/** The schema of the report of quotas. */
export const quotaSchema = Type.Object({
  groups: Type.Array(
    Type.Object({
      policy: Type.Optional(textForm),
      group: textForm,
      resources: Type.Array(
        Type.Object({
          resource: textForm,
          service: textForm,
          capacity: orNull(numberForm),
          sum: orNull(numberForm),
          projects: Type.Array(quotaProject)
        })
      ),
      requests: Type.Array(
        Type.Object({
          id: count,
          cluster: textForm,
          resource: textForm,
          amount: numberForm,
          got: numberForm,
          until: orNull(ms),
          by: textForm,
          at: ms,
          state: Type.Enum(['open', 'lent', 'returning', 'over'])
        })
      ),
      findings: Type.Array(textForm),
      decision: orNull(Type.Object({ id: count, at: ms, reason: textForm })),
      moves: Type.Array(
        Type.Object({
          action: textForm,
          decision: count,
          cluster: textForm,
          resource: textForm,
          from: numberForm,
          to: numberForm,
          state: textForm,
          at: ms
        })
      )
    })
  )
})

const layer = Type.Enum([...layers])
const severity = Type.Enum([...severities])
const finding = Type.Object({
  id: count,
  rule: textForm,
  detail: textForm,
  layer,
  severity,
  resource: textForm,
  name: textForm,
  from: textForm,
  to: textForm,
  summary: textForm,
  evidence: anything,
  state: Type.Enum([...breachStates]),
  because: textForm,
  policy: Type.Optional(textForm),
  lane: textForm,
  since: ms,
  ended: orNull(ms),
  userId: orNull(textForm),
  userName: orNull(textForm),
  requestId: orNull(textForm),
  held: orNull(Type.Object({ rule: textForm, until: orNull(ms) })),
  decisions: Type.Object({ first: count, last: count })
})

/** The schema of the report of isolation. */
export const isolationSchema = Type.Object({
  clusters: Type.Array(textForm),
  layers: Type.Array(layer),
  matrix: Type.Array(
    Type.Object({
      from: textForm,
      to: textForm,
      layer,
      counts: Type.Record(textForm, count),
      worst: orNull(severity)
    })
  ),
  findings: Type.Array(finding),
  history: Type.Array(finding)
})

const policyFinding = Type.Object({ ...finding.properties, policy: textForm })

/** The schema of the report of policies' findings, open ones and those that are over. */
export const findingsSchema = Type.Object({ findings: Type.Array(policyFinding), history: Type.Array(policyFinding) })
