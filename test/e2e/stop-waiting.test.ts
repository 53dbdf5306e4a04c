import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Actor } from '../../src/core/approval.ts'
import type { OperationsContext } from '../../src/people/on-journal/context.ts'
import { resume, stop } from '../../src/people/stops.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { world } from './world.ts'

const alice: Actor = { name: 'alice', groups: ['sre'], local: false }
const servers = 8
/** As many calls as each service gets at a time: `ConnectOptions.concurrency`. */
const slots = 8

async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await look()); tries++) {
    if (tries > 800) throw new Error(`${what} did not come about`)
    await sleep(25)
  }
}

t.test('a stop while changing calls wait for a slot: none of them starts after its answer', async (t) => {
  const w = await world(t)
  const context: OperationsContext = {
    journal: w.journal,
    tiers: { dev: 'bursty' },
    approvals: { expiresMs: 3_600_000, tiers: {} } as unknown as OperationsContext['approvals'],
    operate: ['sre'],
    now: Date.now,
    receive: (batch) => receive({ journal: w.journal, policies: [] }, batch)
  }
  const asked = (method: RegExp, path = '') =>
    w.sim.requests.filter((one) => one.service === 'designate' && method.test(one.method) && one.path.includes(path))
      .length
  const changing = () => asked(/^(POST|PUT|PATCH|DELETE)$/)

  t.match(await stop(context, alice, null, 'to let work pile up'), { ok: true })
  for (let n = 0; n < servers; n++) await w.operator.bootServer({ project: 'dev', name: `web-${n}` })
  await w.settled()
  t.equal(changing(), 0)

  // All slots of Designate but one are taken, and in that one the first changing call will hang.
  const gate = Promise.withResolvers<void>()
  const held = slots - 1
  w.sim.faults.add({ service: 'designate', method: 'GET', path: 'name=held', times: held, until: gate.promise })
  w.sim.faults.add({ service: 'designate', method: 'POST', times: Number.POSITIVE_INFINITY, until: gate.promise })
  const { designate } = await w.parts.tools.cloud('infra')
  const holding = Array.from({ length: held }, () => designate.listZones({ name: 'held.' }))
  await until('the taken slots', () => asked(/GET/, 'name=held') === held)

  const lookups = asked(/GET/, '/recordsets?')
  t.match(await resume(context, alice, { cluster: null }, null), { ok: true })
  w.wake()
  // Each step reads what is there before its call.
  await until('the first changing call', () => changing() === 1)
  t.ok(asked(/GET/, '/recordsets?') > lookups)
  const running = async () =>
    (await w.journal.actions({ limit: 100 })).filter(({ state }) => state === 'claimed').length
  await until('steps that wait for a slot', async () => (await running()) > 2)

  t.match(await stop(context, alice, null, 'odd'), { ok: true })
  const before = changing()
  gate.resolve()
  await Promise.all(holding)
  await until('the end of what runs', async () => (await running()) === 0)
  await w.settled()
  t.equal(changing() - before, 0, 'no changing call started after the answer to the stop')
  t.equal(before, 1, 'the one that had been looked at before is all that was made')

  const attempts = (await w.journal.actions({ limit: 100 })).filter(({ reason }) => /stop/.test(reason ?? ''))
  t.ok(attempts.length > 0, 'the steps say why')
  t.same(
    w.checks().filter(({ level }) => level !== 'ok'),
    [],
    'and nobody takes the service for broken'
  )

  t.match(await resume(context, alice, { cluster: null }, null), { ok: true })
  w.wake()
  await w.settled()
  const names = Object.keys(await w.records()).filter((name) => name.endsWith('.dev.cloud.lab. A'))
  t.equal(names.length, servers, 'after it everything is done that was to be done')
})
