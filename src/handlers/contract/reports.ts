import { Type } from 'typebox'
import { layers, severities } from '../../core/breach.ts'
import { breachStates } from '../../policies/isolation/view/report.ts'
import { anything, approval, count, event, explained, flag, lane, number, orNull, text, time } from './views.ts'

const ms = Type.Number({ description: 'ms since the epoch' })

export const explanation = Type.Object({
  about: text,
  found: flag,
  searched: Type.Array(text),
  cut: flag,
  lanes: Type.Array(lane),
  events: Type.Array(event),
  decisions: Type.Array(explained),
  approvals: Type.Array(approval)
})

export const range = Type.Object({
  since: time,
  until: orNull(time),
  policy: orNull(text),
  items: Type.Array(
    Type.Object({
      at: time,
      kind: Type.Enum(['decision', 'action', 'person']),
      explain: text,
      label: text,
      policy: orNull(text),
      text
    })
  ),
  cut: flag
})

const quotaProject = Type.Object({
  cluster: text,
  limit: orNull(number),
  used: orNull(number),
  readAt: orNull(ms),
  low: number,
  high: number,
  floor: number,
  ceiling: orNull(number),
  state: Type.Enum(['not read', 'no limit', 'over', 'short', 'inside', 'spare']),
  growth: orNull(number),
  fullInMs: orNull(number)
})

export const quota = Type.Object({
  groups: Type.Array(
    Type.Object({
      policy: Type.Optional(text),
      group: text,
      resources: Type.Array(
        Type.Object({
          resource: text,
          service: text,
          capacity: orNull(number),
          sum: orNull(number),
          projects: Type.Array(quotaProject)
        })
      ),
      requests: Type.Array(
        Type.Object({
          id: count,
          cluster: text,
          resource: text,
          amount: number,
          got: number,
          until: orNull(ms),
          by: text,
          at: ms,
          state: Type.Enum(['open', 'lent', 'returning', 'over'])
        })
      ),
      findings: Type.Array(text),
      decision: orNull(Type.Object({ id: count, at: ms, reason: text })),
      moves: Type.Array(
        Type.Object({
          action: text,
          decision: count,
          cluster: text,
          resource: text,
          from: number,
          to: number,
          state: text,
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
  rule: text,
  detail: text,
  layer,
  severity,
  resource: text,
  name: text,
  from: text,
  to: text,
  summary: text,
  evidence: anything,
  state: Type.Enum([...breachStates]),
  because: text,
  policy: Type.Optional(text),
  lane: text,
  since: ms,
  ended: orNull(ms),
  userId: orNull(text),
  userName: orNull(text),
  requestId: orNull(text),
  held: orNull(Type.Object({ rule: text, until: orNull(ms) })),
  decisions: Type.Object({ first: count, last: count })
})

export const isolation = Type.Object({
  clusters: Type.Array(text),
  layers: Type.Array(layer),
  matrix: Type.Array(
    Type.Object({
      from: text,
      to: text,
      layer,
      counts: Type.Record(text, count),
      worst: orNull(severity)
    })
  ),
  findings: Type.Array(finding),
  history: Type.Array(finding)
})
