import type { ActionRequest } from '../../core/action.ts'
import { endOfPlan, firstState, type StepState } from '../../core/plan.ts'
import { requestIdOf } from '../../core/request-id.ts'
import { laneId } from './concerns.ts'
import type { Connection } from './connection.ts'
import { settleWishes } from './wishes.ts'

/** Writes the steps of a plan: the first is ready and the others wait for it, or all are where they are independent. */
export function planWithin(
  db: Connection,
  plan: {
    decision: number
    lane: number
    steps: readonly ActionRequest[]
    ids: readonly string[]
    independent: boolean
  }
): void {
  const now = db.now()
  const insert = db.sql(
    `insert into action
       (id, decision, ordinal, lane, type, risk, cluster, target, scope, population, gone, holder, pin_ms, input,
        request_id, state, due, created)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  for (const [ordinal, step] of plan.steps.entries()) {
    const id = plan.ids[ordinal]!
    const state = firstState(ordinal, plan.independent)
    insert.run(
      id,
      plan.decision,
      ordinal,
      plan.lane,
      step.type,
      step.risk,
      step.cluster,
      step.target,
      step.scope,
      step.population ?? null,
      step.gone === true ? 1 : 0,
      step.holder === undefined ? null : laneId(db, step.holder.policy, step.holder.lane),
      step.pinMs ?? null,
      JSON.stringify(step.input),
      requestIdOf(id),
      state,
      now,
      now
    )
  }
}

/** Ends the plan of a lane once none of its steps is left. */
export function closePlan(db: Connection, step: { lane: number; decision: number }): void {
  const steps = db
    .sql<{ state: StepState; reason: string | null }>(
      'select state, reason from action where decision = ? order by ordinal'
    )
    .all(step.decision)
  const { pending } = db.sql<{ pending: number }>('select pending from lane where id = ?').get(step.lane)!
  const ended = endOfPlan(steps, pending)
  if (ended === null) return
  if (ended.carriedOut) settleWishes(db, step.lane)
  db.sql('update lane set open = null, waiting = ?, parked = ? where id = ?').run(
    ended.waiting,
    ended.parked,
    step.lane
  )
}
