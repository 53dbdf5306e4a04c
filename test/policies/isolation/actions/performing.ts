import { setTimeout as delay } from 'node:timers/promises'
import type { ActionContext, Applied, Inverse, Result } from '../../../../src/core/action.ts'
import type { Json } from '../../../../src/core/query.ts'
import { actions } from '../../../../src/policies/actions.ts'
import type { Tools } from '../../../../src/policies/shared/tools.ts'

export interface Performing {
  /** One attempt, as the pipeline makes it. */
  attempt(type: string, input: Json, target?: string): Promise<Result>
  /** Attempts until it is no retry; what they hold is remembered in between, as the journal does. */
  perform(type: string, input: Json, target?: string): Promise<Result>
  /** Takes a change back; it must have an inverse. */
  undo(result: Result, target?: string): Promise<Result>
  /** How often a changing call was announced so far. */
  changes(): number
  readonly held: ReadonlyMap<string, Applied>
}

export const requestId = 'req-00000000-0000-5000-8000-000000000000'

/** Performs actions without a pipeline. `announced` may throw to stop one; `held` stands for what the journal holds; it is what `tools.journal` must read. */
export function performing(tools: Tools, held: Map<string, Applied>, announced: () => void = () => {}): Performing {
  let changes = 0

  async function attempt(type: string, input: Json, target = `test/${type}`): Promise<Result> {
    const action = actions.find((one) => one.type === type)
    if (action === undefined) throw new Error(`no action ${type}`)
    const context: ActionContext<Tools> = {
      ...{ tools, target, scope: 'test', requestId, installId: 'test' },
      beforeChange: async () => {
        announced()
        changes++
        return 20_000
      },
      sleep: (ms) => delay(ms)
    }
    // As through the journal: what is not plain data does not survive.
    const result = await action.perform(JSON.parse(JSON.stringify(input)), context)
    if ('applied' in result && result.applied !== undefined) {
      if (result.applied.value === null) held.delete(target)
      else held.set(target, result.applied)
    }
    return JSON.parse(JSON.stringify(result)) as Result
  }

  async function perform(type: string, input: Json, target?: string): Promise<Result> {
    for (let tries = 1; ; tries++) {
      const result = await attempt(type, input, target)
      if (result.outcome !== 'retry' || tries >= 10) return result
    }
  }

  return {
    attempt,
    perform,
    undo: (result, target) => {
      const { inverse } = result as { inverse?: Inverse }
      if (inverse === undefined) throw new Error(`nothing takes this back: ${JSON.stringify(result)}`)
      return perform(inverse.type, inverse.input, target)
    },
    changes: () => changes,
    held
  }
}

/** The journal as far as these actions read it. */
export function heldJournal(held: ReadonlyMap<string, Applied>): Tools['journal'] {
  const journal = {
    applied: async ({ targets }: { targets: readonly string[] }) =>
      targets.flatMap((target) => {
        const one = held.get(target)
        return one === undefined ? [] : [{ ...one, lane: 'test' }]
      })
  }
  return journal as unknown as Tools['journal']
}
