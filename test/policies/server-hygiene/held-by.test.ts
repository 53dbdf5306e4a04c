import t from 'tap'
import { skip } from '../../../src/core/policy.ts'
import { heldBy } from '../../../src/policies/server-hygiene/questions/held-by.ts'
import { changed, event, recorded, route, step } from '../../contract/journal-facts.ts'
import { journalAt } from '../../slack/office.ts'
import { breach } from '../isolation/view/breaches.ts'

const guard = { asks: () => [], judge: () => ({ verdict: 'proceed' }) } as never
const address = { project: 'p-dev', id: 'f1' }

t.test(
  'records, findings, plans and what could be undone hold an address; another address and our own lane do not',
  async (t) => {
    const { journal } = await journalAt(t)
    const holds = (of = address) => heldBy('server-hygiene', of, { journal })
    async function decided(policy: string, lane: string, resource: string, more: object, ids: readonly string[] = []) {
      const id = `${policy}-${lane}-${Math.random()}`
      await journal.append({ events: [route(event(id), lane, { policy, resources: [resource] })], ignored: [] })
      const claim = await journal.claimLane('w', 10_000)
      if (claim?.key !== lane) throw new Error(`${lane} was not due`)
      return recorded(
        journal,
        claim,
        { ...skip('looked'), resources: [resource], ...more },
        { actionIds: ids, now: Date.now() },
        guard
      )
    }
    async function done(result: object) {
      const claim = await journal.claimAction('w', 10_000, guard)
      if (claim?.verdict !== 'proceed') throw new Error('no step is due')
      await journal.recordAttempt(claim.action, { ...changed(claim.action.target), ...result } as never, null)
    }
    t.strictSame(await holds(), [])

    await decided('server-hygiene', 'floatingip/p-dev/f1', 'floatingip/p-dev/f1', { breaches: [breach()] })
    t.strictSame(await holds(), [], 'what we found ourselves')

    await decided('isolation', 'floating-ip:f1', 'floating-ip/p-dev/f1', { breaches: [breach()] })
    t.strictSame(await holds(), ['isolation has found something about it (rbac-shared-network)'])
    t.strictSame(await holds({ project: 'p-dev', id: 'f2' }), [])
    await decided('isolation', 'floating-ip:f1', 'floating-ip/p-dev/f1', { breaches: [] })
    t.strictSame(await holds(), [])

    const record = { ...step('record'), input: {} }
    await decided('dns-records', 'name:www', 'floatingip/p-dev/f1', { outcome: 'act', steps: [record] }, ['a1'])
    t.match(await holds(), [/^dns-records is about to look at name:www/], 'a plan under way')
    await done({})
    t.match(await holds(), [/^dns-records holds record for it/])

    const off = { ...step('off'), input: { cloud: 'admin', id: 'f9', portId: 'p1' } }
    await decided('isolation', 'floating-ip:f9', 'floating-ip/p-dev/f9', { outcome: 'act', steps: [off] }, ['a2'])
    await done({
      applied: { target: 'off', scope: 's', value: null },
      inverse: { type: 'on', risk: 'update', input: {} }
    })
    t.match(await holds({ project: 'p-dev', id: 'f9' }), [/^isolation did .* to it, which can still be undone \(a2\)/])
  }
)
