import t from 'tap'
import { startDay } from '../../sim/day/day.ts'
import type { World } from './isolation-hands.ts'
import { isolationE2e } from './isolation-world.ts'

const stepCount = 200

/** So many steps of a day, and what people did in them. */
async function live(world: World, mistakes: boolean): Promise<readonly string[]> {
  const steps: string[] = []
  const stop = new AbortController()
  await startDay(world.sim, {
    ...{ paceMs: 1, mistakes, signal: stop.signal },
    onStep: (step) => {
      steps.push(step)
      if (steps.length === stepCount) stop.abort()
    }
  })
  await world.settled()
  const refused = steps.filter((step) => step.startsWith('that did not work') && !step.includes('No more IP addresses'))
  if (refused.length > 0) throw new Error(refused.join('\n'))
  return steps
}

t.test(`${stepCount} steps of three well-behaved clusters: no breach, and nothing is done`, async (t) => {
  const world = await isolationE2e(t)
  const steps = await live(world, false)
  for (const part of [
    / boots /,
    / deletes /,
    /floating IP/,
    /security group/,
    /image/,
    /application credential/,
    /load balancer/,
    /volume/
  ])
    t.ok(
      steps.some((step) => part.test(step)),
      `${part}`
    )
  await world.sweep()
  t.strictSame(
    (await world.journal.breaches({})).map(({ summary }) => summary),
    []
  )
  t.strictSame(await world.journal.actions({ limit: 5 }), [])
  t.match(await world.journal.counts(), { lanesParked: 0, lanesHeld: 0, missed: 0 })
})

t.test('with mistakes: each is a breach, and those of dev are closed', async (t) => {
  const world = await isolationE2e(t)
  const steps = await live(world, true)
  const wrong = steps.filter((step) => step.endsWith('which nobody may'))
  t.ok(wrong.length > 2, `${wrong.length} mistakes`)
  await world.sweep()
  const found = await world.journal.breaches({ limit: 500 })
  t.equal(found.length, wrong.length, 'each is found, and nothing else')
  const shares = [...world.sim.state.rbacPolicies.values()]
  t.strictSame(shares, [], 'no share is left')
  const open = [...world.sim.state.securityGroupRules.values()].filter((one) => one.portMin === 22)
  const dev = [...world.sim.state.projects.values()].find(({ name }) => name === 'dev')!.id
  t.notOk(
    open.some((one) => one.projectId === dev && one.remotePrefix === '0.0.0.0/0'),
    'nothing of dev is open'
  )
  const asked = await world.journal.approvals({ state: 'open' })
  t.equal(asked.length, found.filter(({ from }) => from === 'prod').length, 'those of prod wait for people')
})
