import type { Breach } from '../../../../src/core/breach.ts'
import { planSteps, skip } from '../../../../src/core/policy.ts'
import type { Journal } from '../../../../src/store/journal.ts'
import { event, recorded, route, step } from '../../../contract/journal-facts.ts'

let counter = 0

/** Has a lane of `isolation` decided to these breaches, by a call of eve's; held where `rule` is the guard's no. */
export async function breached(
  journal: Journal,
  lane: string,
  breaches: readonly Breach[],
  rule?: string,
  who: { readonly userName?: string } = {}
) {
  const id = `breached-${++counter}`
  const said = {
    ...who,
    userId: 'u-eve',
    requestId: `req-${id}`,
    source: '/openstack/c/r/neutron',
    type: 'network.create.end'
  }
  await journal.append({ events: [route(event(id, said), lane, { policy: 'isolation' })], ignored: [] })
  const claim = await journal.claimLane('w', 10_000)
  if (claim?.key !== lane) throw new Error(`${lane} was not due`)
  const decision = rule === undefined ? skip('looked') : planSteps('it is open', [step(lane)])
  const guard = {
    asks: () => [],
    judge: () => ({ verdict: 'hold', rule, until: null, reason: 'not now' }) as never
  }
  const more = { actionIds: rule === undefined ? [] : [id], now: Date.now() }
  return recorded(journal, claim, { ...decision, breaches }, more, rule === undefined ? undefined : (guard as never))
}
