import t from 'tap'
import type { Actor } from '../../src/core/approval.ts'
import { requestUndo } from '../../src/people/undo.ts'
import { vote } from '../../src/people/vote.ts'
import { rules } from '../../src/policies/isolation/rules/index.ts'
import { type Broken, handsOf, until, type Way, type World } from './isolation-hands.ts'
import { ways } from './isolation-ways.ts'
import { contextOf, isolationE2e } from './isolation-world.ts'

const alice: Actor = { name: 'alice', groups: ['sre'], local: false }
const bob: Actor = { name: 'bob', groups: ['sre'], local: false }

t.test('every rule has a way to break it here', async (t) => {
  t.strictSame(ways.map(({ rule }) => rule).sort(), rules.map(({ name }) => name).sort())
})

const told = new Set(rules.flatMap(({ name, events }) => (events.length > 0 ? name : [])))

/** Only this rule closes; the others tell, so that it is seen what this one does. */
const onlyThis = (rule: string) =>
  Object.fromEntries(rules.map(({ name }) => [name, { mode: name === rule ? 'enforce' : 'observe' }]))

const breachesOf = async ({ journal }: World, rule: string) =>
  (await journal.breaches({ policy: 'isolation' })).filter((one) => one.rule === rule)
const changesOf = async ({ journal }: World) => await journal.actions({ limit: 50 })

/** Breaks it, and lets a sweep find what no event tells. */
async function found(world: World, way: Way): Promise<Broken & { readonly at: number }> {
  await world.settled()
  const broken = await way.make(handsOf(world))
  const at = Date.now()
  await world.settled()
  if (!told.has(way.rule)) await world.sweep()
  return { ...broken, at }
}

t.test('on observe all of them are told, and nothing is changed', async (t) => {
  const apart: Record<string, object> = {}
  for (const way of ways)
    for (const [name, more] of Object.entries(way.apart ?? {})) apart[name] = { ...apart[name], ...more }
  const world = await isolationE2e(t, { mode: 'observe', apart })
  const all = []
  for (const way of ways) all.push([way.rule, await way.make(handsOf(world))] as const)
  await world.settled()
  await world.sweep()
  const found = await world.journal.breaches({ policy: 'isolation', open: true })
  for (const [rule, { lane, open }] of all) {
    t.match(
      found.find((one) => one.rule === rule && one.lane === lane),
      { state: 'open', because: String },
      `${rule}: told`
    )
    t.ok(open(), `${rule}: not touched`)
  }
  t.strictSame(await changesOf(world), [])
  // Every call of ours that changes something says whose it is.
  t.strictSame(
    world.sim.requests.filter((one) => one.globalRequestId !== null && one.method !== 'GET'),
    []
  )
})

t.jobs = 4
for (const way of ways) {
  const { rule } = way
  t.test(`${rule}: ${way.told ? 'told' : 'closed'}`, { buffered: true }, async (t) => {
    const world = await isolationE2e(t, {
      settings: { rules: onlyThis(rule) },
      ...(way.apart === undefined ? {} : { apart: way.apart })
    })
    const { lane, from, to, open, at } = await found(world, way)
    const [breach, ...others] = await breachesOf(world, rule)
    t.match(breach, { rule, lane, from, to }, 'found')
    t.strictSame(others, [], 'once')
    if (way.told) {
      t.match(breach, { state: 'open', ended: null, because: /^nothing closes it by itself: ./ })
      t.ok(open(), 'nothing is touched')
      t.strictSame(await changesOf(world), [])
      return
    }

    await world.over()
    t.notOk(open(), 'closed')
    const left = way.rest ? { ended: null, state: 'open', because: way.rest } : { ended: Number }
    t.match(await breachesOf(world, rule), [left], 'over')
    const done = await changesOf(world)
    t.ok(
      done.every((one) => one.state === 'done' && one.lane === lane),
      'by what is on its lane'
    )
    t.comment(`${rule}: ${done[0]!.type} ended ${done[0]!.finishedAt! - at} ms after the answer`)
    await world.sweep()
    t.equal((await changesOf(world)).length, done.length, 'a second look does nothing')

    for (const { id } of done) {
      const asked = await requestUndo(contextOf(world), alice, id, 'it is meant')
      if (way.final) t.match(asked, { ok: false, reason: /cannot be taken back/ })
      else t.match(asked, { ok: true })
    }
    if (way.final) return
    await world.settled()
    // A person's change to a change-controlled cluster takes another person.
    for (const { id } of await world.journal.approvals({ state: 'open' }))
      t.match(await vote(contextOf(world), bob, id, 'approve', null), { ok: true })
    await until('the undo', open)
    // It is open as soon as the undo's call is answered; that it was undone is known once the attempt is recorded.
    await world.settled()
    await world.sweep()
    t.ok(open(), 'what a person undid is left alone')
    const again = (await breachesOf(world, rule)).find((one) => one.ended === null)
    t.match(await world.journal.lanes({ key: again!.lane }), [{ held: 'undone' }])
    // The undo's own notification may be decided before the undo is written down: such a plan the guard interrupts.
    const all = await changesOf(world)
    t.equal(all.filter(({ state }) => state === 'done').length, 2 * done.length)
    t.ok(
      all
        .filter(({ state }) => state !== 'done')
        .every(({ state, attempts }) => state === 'interrupted' && attempts.length === 0),
      'nothing else was begun'
    )
  })
}
