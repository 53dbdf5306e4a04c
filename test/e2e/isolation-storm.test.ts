import t from 'tap'
import { handsOf } from './isolation-hands.ts'
import { isolationE2e } from './isolation-world.ts'

const ruleCount = 500
const groupCount = 20

t.test(`${ruleCount} rules of security groups, five of them breaches: five closed, no other touched`, async (t) => {
  const world = await isolationE2e(t)
  const { sim, state, devUser, group, letIn } = handsOf(world)
  await world.sim.operator.setQuota('neutron', 'dev', { security_group_rule: 2000 })
  const groups: string[] = []
  for (let n = 0; n < groupCount; n++) groups.push(await group(devUser, `web-${n}`))
  await world.settled()
  const calls = sim.requests.length
  const newest = async () => (await world.journal.decisions({ limit: 1 }))[0]?.id ?? 0
  const before = await newest()
  const began = Date.now()
  const bad: string[] = []
  const good: string[] = []
  const wanted = [...Array(ruleCount).keys()]
  // Ten people at once.
  const people = [...Array(10).keys()].map(async (person) => {
    for (const n of wanted.filter((one) => one % 10 === person)) {
      const breach = n % 100 === 50
      const from = { remote_ip_prefix: breach ? '0.0.0.0/0' : '10.10.0.0/16' }
      const id = await letIn(devUser, groups[n % groupCount]!, 1000 + n, from)
      ;(breach ? bad : good).push(id)
    }
  })
  await Promise.all(people)
  const made = Date.now() - began
  const own = sim.requests.length - calls - ruleCount
  await world.over()
  t.equal(bad.length, 5)
  for (const id of bad) t.notOk(state.securityGroupRules.has(id), 'closed')
  t.strictSame(
    good.filter((id) => !state.securityGroupRules.has(id)),
    [],
    'all others are there'
  )
  const actions = await world.journal.actions({ limit: 100 })
  t.equal(actions.length, 5)
  const decisions = (await newest()) - before
  t.match(await world.journal.counts(), { lanesParked: 0 })
  t.comment(
    `${ruleCount} changes in ${made} ms: ${decisions} decisions, ${sim.requests.length - calls - ruleCount} calls (${own} of them during the storm), all closed after ${Date.now() - began} ms`
  )
  // One more for each that was closed: whether it is over.
  t.ok(decisions <= ruleCount + 2 * bad.length, 'at most one decision for each change')
})
