import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Actor } from '../../src/core/approval.ts'
import { again } from '../../src/people/again.ts'
import { restart } from '../../src/people/restart.ts'
import { resume, stop } from '../../src/people/stops.ts'
import { unpark } from '../../src/people/unpark.ts'
import { vote } from '../../src/people/vote.ts'
import { wishersBehind } from './four-eyes-wishes.ts'
import { type FourEyesWorld, fourEyesWorld, HOUR } from './four-eyes-world.ts'

const person = (name: string): Actor => ({ name, groups: ['sre'], local: false })
const [alice, bob] = [person('alice'), person('bob')]

async function start(t: Test): Promise<FourEyesWorld> {
  const w = await fourEyesWorld()
  t.teardown(w.close)
  return w
}
const open = async (w: FourEyesWorld) => w.journal().approvals({ state: 'open' })
const refused = { ok: false, why: 'refused' }

t.test('an approval that ran out is asked for anew, and whoever asked still may not give it', async (t) => {
  const w = await start(t)
  await restart(w.context(), alice, 'erp', 'prod', null)
  await w.work()
  const [first] = await open(w)
  t.match(await vote(w.context(), alice, first!.id, 'approve', null), refused)
  w.world.now += HOUR
  await w.work()
  const [second] = await open(w)
  t.match(second, { requesters: ['alice'] })
  t.not(second!.id, first!.id)
  t.match(await vote(w.context(), alice, second!.id, 'approve', null), refused)
  t.match(await vote(w.context(), bob, second!.id, 'approve', null), { ok: true })
  await w.work()
  t.equal(w.world.restarted, 1)
})

t.test("two ask for a restart: another plan by the first one's is still the second one's wish", async (t) => {
  const w = await start(t)
  await restart(w.context(), alice, 'erp', 'prod', null)
  await restart(w.context(), bob, 'erp', 'prod', null)
  await w.work()
  const [bobs, alices] = await open(w)
  t.match(await vote(w.context(), alice, bobs!.id, 'approve', null), { ok: true })
  await w.work()
  t.match(await vote(w.context(), bob, alices!.id, 'approve', null), { ok: true })
  await w.work()
  const [changed] = await open(w)
  t.match(changed, { requesters: ['alice'], lane: alices!.lane })
  t.match(await vote(w.context(), alice, changed!.id, 'approve', null), refused)
  t.equal(w.world.restarted, 1)
})

t.test('rejecting what one asked for leaves it one wish of the same person', async (t) => {
  const w = await start(t)
  await restart(w.context(), alice, 'erp', 'prod', null)
  await w.work()
  const [first] = await open(w)
  t.match(await vote(w.context(), alice, first!.id, 'reject', 'not now'), { ok: true })
  w.world.now += HOUR
  await w.work()
  const [second] = await open(w)
  t.match(await vote(w.context(), alice, second!.id, 'approve', null), refused)
})

t.test('whoever has a lane decided again, tried again or let go wants what it plans', async (t) => {
  const ways = {
    async again(w: FourEyesWorld) {
      const [decision] = await w.journal().decisions({ limit: 1, lane: 'a' })
      await again(w.context(), alice, decision!.id, null)
    },
    async unpark(w: FourEyesWorld) {
      w.world.failing = true
      const [asked] = await open(w)
      await vote(w.context(), bob, asked!.id, 'approve', null)
      await w.work()
      w.world.failing = false
      t.match(await unpark(w.context(), alice, 'a', null), { ok: true })
    },
    async resume(w: FourEyesWorld) {
      await stop(w.context(), bob, 'prod', null)
      const [asked] = await open(w)
      await vote(w.context(), bob, asked!.id, 'approve', null)
      await w.work()
      await resume(w.context(), alice, { cluster: 'prod' }, null)
      // The grant was another one's and holds: what it plans is another thing by now.
      w.world.things.a!.wanted = 3
    }
  }
  for (const [name, way] of Object.entries(ways)) {
    const w = await start(t)
    w.world.things.a!.wanted = 2
    await w.told('a')
    await w.work()
    await way(w)
    await w.work()
    const [asked] = await open(w)
    t.match(asked, { requesters: ['alice'] }, name)
    t.match(await vote(w.context(), alice, asked!.id, 'approve', null), refused, name)
  }
})

t.test('a vote does not count for whoever turns out to want the plan, before or after it', async (t) => {
  const w = await start(t)
  w.world.things.a!.wanted = 2
  await w.told('a')
  await w.work()
  const [first] = await open(w)
  // Nobody has decided on what is asked for in the same moment.
  await again(w.context(), alice, first!.decision, null)
  t.match(await vote(w.context(), alice, first!.id, 'approve', null), { ok: true })
  await w.work()
  t.equal(w.world.things.a!.have, 1)
  t.match(await w.journal().approvals({ id: first!.id }), [
    { state: 'superseded', reason: /^alice approved it and asked for it as well: somebody else has to approve/ }
  ])
  const [second] = await open(w)
  t.match(second, { requesters: ['alice'] })
  t.match(await vote(w.context(), bob, second!.id, 'approve', null), { ok: true })
  await w.work()
  t.equal(w.world.things.a!.have, 2)
})

t.test('a rejection stands, though whoever had approved before asks for it', async (t) => {
  const w = await start(t)
  w.world.things.a!.wanted = 2
  await w.told('a')
  await w.work()
  const [first] = await open(w)
  await vote(w.context(), bob, first!.id, 'reject', null)
  await again(w.context(), alice, first!.decision, null)
  await w.work()
  t.same(await open(w), [])
})

t.test('a wish goes with the hints that come of it', async (t) => {
  const w = await start(t)
  await w.told('look')
  await w.work()
  const [look] = await w.journal().decisions({ limit: 1, lane: 'look' })
  w.world.things.a!.wanted = 2
  await again(w.context(), alice, look!.id, null)
  await w.work()
  t.match(await open(w), [{ lane: 'a', requesters: ['alice'] }])
})

t.test('once it is carried out, or nothing is left of it, nobody wants it any more', async (t) => {
  const w = await start(t)
  const drift = async () => {
    w.world.things.a!.wanted++
    await w.told('a')
    await w.work()
    return (await open(w))[0]!
  }
  const first = await drift()
  await again(w.context(), alice, first.decision, null)
  await w.work()
  await vote(w.context(), bob, first.id, 'approve', null)
  await w.work()
  const second = await drift()
  t.same(second.requesters, [])
  await again(w.context(), alice, second.decision, null)
  await w.work()
  w.world.things.a!.have = w.world.things.a!.wanted
  await w.told('a')
  await w.work()
  t.same((await drift()).requesters, [])
})

const actors = ['alice', 'bob', 'carol'].map(person)
const who = fc.constantFrom(...actors)
const nth = fc.nat(3)
const thing = fc.constantFrom('a', 'b')
type Step = fc.AsyncCommand<{ carriedOut: number }, FourEyesWorld>
const command = (name: string, run: (w: FourEyesWorld, model: { carriedOut: number }) => Promise<unknown>): Step => ({
  check: () => true,
  async run(model, w) {
    await run(w, model)
    await w.work(async (decision) => {
      const { approval, wishers, voted } = await wishersBehind(w.journal(), decision)
      model.carriedOut++
      if (!voted.some((one) => !wishers.includes(one)))
        throw new Error(`approval ${approval}: ${wishers.join()} asked, and only ${voted.join()} said yes`)
    })
  },
  toString: () => name
})
const pick = <One>(all: readonly One[], n: number): One | undefined => all[n % Math.max(1, all.length)]
const commands = [
  who.map((by) => command(`${by.name} asks for a restart`, (w) => restart(w.context(), by, 'erp', 'prod', null))),
  thing.map((key) =>
    command(`${key} drifts`, async (w) => {
      w.world.things[key]!.wanted++
      await w.told(key)
    })
  ),
  fc.tuple(thing, fc.boolean()).map(([key, tell]) =>
    command(`somebody else puts ${key} right`, async (w) => {
      w.world.things[key]!.have = w.world.things[key]!.wanted
      if (tell) await w.told(key)
    })
  ),
  fc.constant(command('somebody else restarts it', async (w) => w.world.restarted++)),
  ...[1, 2, 3].map(() =>
    fc.tuple(who, nth, fc.constantFrom('approve', 'approve', 'approve', 'reject')).map(([by, n, verdict]) =>
      command(`${by.name} says ${verdict} (${n})`, async (w) => {
        const one = pick(await w.journal().approvals({ state: 'open' }), n)
        if (one !== undefined) await vote(w.context(), by, one.id, verdict as 'approve', null)
      })
    )
  ),
  fc.tuple(who, nth).map(([by, n]) =>
    command(`${by.name} says again and approve at once (${n})`, async (w) => {
      const one = pick(await w.journal().approvals({ state: 'open' }), n)
      if (one === undefined) return
      await again(w.context(), by, one.latest, null)
      await vote(w.context(), by, one.id, 'approve', null)
    })
  ),
  fc.tuple(who, nth).map(([by, n]) =>
    command(`${by.name} says again (${n})`, async (w) => {
      const one = pick(await w.journal().decisions({ limit: 6 }), n)
      if (one !== undefined) await again(w.context(), by, one.id, null)
    })
  ),
  who.map((by) =>
    command(`${by.name} unparks`, async (w) => {
      const [lane] = await w.journal().lanes({ parked: true })
      if (lane !== undefined) await unpark(w.context(), by, lane.key, null)
    })
  ),
  fc.tuple(who, fc.boolean()).map(([by, on]) =>
    command(`${by.name} ${on ? 'stops' : 'resumes'} prod`, async (w) => {
      const [standing] = await w.journal().stops()
      if (on) await stop(w.context(), by, 'prod', null)
      else if (standing !== undefined) await resume(w.context(), by, { stop: standing.id }, null)
    })
  ),
  fc.constant(
    command('it breaks, or is well again', async (w) => {
      w.world.failing = !w.world.failing
    })
  ),
  fc.constantFrom(20_000, HOUR / 2, HOUR + 1000).map((ms) =>
    command(`${ms / 1000} s pass`, async (w) => {
      w.world.now += ms
    })
  ),
  fc.constant(command('the product is started anew', (w) => w.restart()))
]

t.test('nobody gets what they asked for on their own yes alone, whatever happens in whatever order', async (t) => {
  let carriedOut = 0
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: '+1' }), async (given) => {
      const w = await fourEyesWorld()
      try {
        const model = { carriedOut: 0 }
        await fc.asyncModelRun(() => ({ model, real: w }), given)
        carriedOut += model.carriedOut
      } finally {
        await w.close()
      }
    }),
    { numRuns: Number(process.env.RUNS ?? 40) }
  )
  t.ok(carriedOut > 10, `plans that were carried out: ${carriedOut}`)
  t.comment(`plans that were carried out: ${carriedOut}`)
})
