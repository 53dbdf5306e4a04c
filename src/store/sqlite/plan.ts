import type { ActionRequest } from '../../core/action.ts'
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
    const state = ordinal === 0 || plan.independent ? 'ready' : 'waiting'
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

/**
 * Ends the plan of a lane once none of its steps is left; parked where one failed, but only where nothing new has arrived
 * in the meantime. Carried out to its end, it is what people wanted; else they want it still.
 */
export function closePlan(db: Connection, step: { lane: number; decision: number }): void {
  const states = db
    .sql<{ state: string; reason: string | null }>(
      'select state, reason from action where decision = ? order by ordinal'
    )
    .all(step.decision)
  if (states.some(({ state }) => ['ready', 'claimed', 'waiting'].includes(state))) return
  if (states.every(({ state }) => state === 'done')) settleWishes(db, step.lane)
  const reasonOf = (state: string) => states.find((one) => one.state === state)?.reason ?? null
  db.sql(
    'update lane set open = null, waiting = :waiting, parked = iif(pending > 0, null, :parked) where id = :lane'
  ).run({ lane: step.lane, waiting: reasonOf('refused'), parked: reasonOf('failed') })
}
