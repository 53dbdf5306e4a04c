import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createMetrics } from '../../src/base/metrics.ts'
import type { BreakerState } from '../../src/clients/http/breaker.ts'
import { OpenStackError } from '../../src/clients/openstack/openstack-error.ts'
import { mostTries } from '../../src/core/failure.ts'
import { explain } from '../../src/people/explain/chain.ts'
import { renderExplanation } from '../../src/people/explain/render.ts'
import { build, status } from '../handlers/build.ts'
import { world } from './world.ts'

const openMs = 400
const outage = { service: 'designate', status: 503, times: Number.POSITIVE_INFINITY } as const
const servers = 12

t.test('while Designate is down it is left alone, work waits, and everything converges when it is back', async (t) => {
  const metrics = createMetrics()
  const said: BreakerState[] = []
  // As the composition root does.
  const onBreaker = (state: BreakerState) => {
    said.push(state)
    const labels = { cloud: state.cloud, service: state.service }
    metrics.set('breaker_open', labels, state.open ? 1 : 0)
    if (state.open) metrics.add('breaker_opened_total', labels)
  }
  const w = await world(t, { breakers: { openMs, onBreaker } })
  const app = build(t, { journal: w.journal, metrics, status: () => status({ checks: w.checks() }) })
  // The operator's own calls are not among the requests, and a call that is refused has no user yet.
  const sent = () => w.sim.requests.filter((call) => call.service === 'designate')

  const before = await w.operator.bootServer({ name: 'before', project: 'dev' })
  await w.settled()
  const served = Object.keys(await w.records()).length
  t.ok(served > 0)

  w.sim.faults.add(outage)
  const began = Date.now()
  const already = sent().length
  const booted = await Promise.all(
    Array.from({ length: servers }, (_, n) => w.operator.bootServer({ name: `web-${n}`, project: 'dev' }))
  )
  await w.operator.deleteServer(before.id)
  await sleep(3 * openMs)

  const open = w.checks().find((check) => check.name === 'cloud infra/dns')
  const sentence = /^dns of cloud entry 'infra' failed \d+ times in a row \(last: GET \S+ answered 503\): /
  t.match(open, { level: 'warning', detail: sentence })
  const ready = await app.inject('/readyz')
  t.equal(ready.statusCode, 200, 'a warning: the product itself is well')
  const { checks } = ready.json() as { checks: { name: string; level: string }[] }
  t.match(
    checks.find((check) => check.name === 'cloud infra/dns'),
    { level: 'warning' },
    '/readyz says it'
  )

  const gauge = async () =>
    /breaker_open\{cloud="infra",service="dns"\} (\d)/.exec((await app.inject('/metrics')).body)?.[1]
  t.equal(await gauge(), '1')

  const told = renderExplanation(await explain(w.journal, 'web-3.dev.cloud.lab.')).replaceAll(/\s+/g, ' ')
  t.match(told, /waits: dns of cloud entry 'infra' failed \d+ times in a row .*: (left alone until 20|one call is)/)

  const { lanesPending } = await w.journal.counts()
  t.ok(lanesPending >= servers, `${lanesPending} lanes wait`)
  w.sim.faults.clear()
  const lasted = Date.now() - began
  const calls = sent()
    .slice(already)
    .filter((call) => call.status === 503).length
  // Five open it; those that were under way by then; one trial for each pause.
  const bound = 5 + 8 + Math.ceil(lasted / openMs)
  t.ok(calls >= 5, `${calls} calls opened it`)
  t.ok(calls <= bound, `${calls} calls during the outage, at most ${bound}`)
  t.comment(`${calls} calls while ${lanesPending} lanes waited for ${lasted} ms`)
  t.same(await w.journal.lanes({ parked: true }), [], 'nothing was given up')

  for (let tries = 0; tries < 100 && w.checks().some((check) => check.level !== 'ok'); tries++) await sleep(100)
  await w.settled()
  const records = await w.records()
  for (const { name, addresses } of booted)
    t.same(
      records[`${name}.dev.cloud.lab. A`],
      addresses.filter((one) => !one.includes(':'))
    )
  t.notOk(
    Object.keys(records).some((one) => one.startsWith('before.')),
    'what went meanwhile is gone'
  )
  t.same(
    said.map((state) => state.open),
    [true, false],
    'one outage'
  )
  t.equal(await gauge(), '0')
  t.match((await app.inject('/metrics')).body, /breaker_opened_total\{cloud="infra",service="dns"\} 1\n/)
})

t.test('a step that finds its service left alone, even more than ten times, is not given up', async (t) => {
  const fixed = { zone: 'cloud.lab.', name: '{server}.{project}.{zone}', ptrNetworks: [] }
  const w = await world(t, { settings: { fixed, floating: undefined } })
  let refusals = mostTries + 2
  const actions = w.parts.actions.map((action) => ({
    ...action,
    perform: (...call: Parameters<typeof action.perform>) => {
      if (refusals-- <= 0) return action.perform(...call)
      const where = { cloud: 'infra', service: 'dns', method: 'GET', path: '/zones' }
      throw new OpenStackError('left alone', { ...where, code: 'left_alone', retryable: true, retryAfterMs: 5 })
    }
  }))
  Object.assign(w.parts, { actions })
  const server = await w.operator.bootServer({ name: 'patient', project: 'dev' })
  await w.settled()
  t.same(
    (await w.records())['patient.dev.cloud.lab. A'],
    server.addresses.filter((one) => !one.includes(':'))
  )
  const outcomes = (await w.journal.actions({ limit: 10 })).flatMap((action) =>
    action.attempts.map(({ outcome }) => outcome)
  )
  t.equal(outcomes.filter((outcome) => outcome === 'retry').length, mostTries + 2)
  t.notOk(outcomes.includes('stale'))
})
