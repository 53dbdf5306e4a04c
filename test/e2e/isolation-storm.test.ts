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
  const [decisions, calls] = [(await world.journal.counts()).decisions, sim.requests.length]
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
  const counts = await world.journal.counts()
  t.match(counts, { lanesParked: 0 })
  t.comment(
    `${ruleCount} changes in ${made} ms: ${counts.decisions - decisions} decisions, ${sim.requests.length - calls - ruleCount} calls (${own} of them during the storm), all closed after ${Date.now() - began} ms`
  )
  t.ok(counts.decisions - decisions < ruleCount / 2, 'changes of one group are decided on together')
})
