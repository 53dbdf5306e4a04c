import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { churn, seeded } from './churn.ts'
import { agrees, product } from './product.ts'
import { cleanLab, user } from './user.ts'

const users = ['dev-user', 'prod-user', 'infra-user'].map(user)
const seed = Number(process.env.CRASH_SEED ?? 7)

t.test('killed at every forced moment and at random, nothing is stale, missing or called twice', async (t) => {
  await cleanLab()
  const reflex = await product(t)
  await reflex.start()
  const [dev] = users as [(typeof users)[0]]
  const servers: string[] = []

  for (const moment of ['after commit', 'before call', 'after call'] as const) {
    reflex.crashAt(moment)
    const server = await dev.boot(`forced-${moment.replace(' ', '-')}`)
    servers.push(server)
    await dev.active(server)
    const died = await Promise.race([reflex.died().then(() => true), sleep(30_000, false)])
    t.ok(
      died,
      `the process was killed ${moment === 'before call' ? 'after the claim, before the call' : moment === 'after call' ? 'after the call, before the record' : 'after the commit, before the acknowledgement'}`
    )
    await reflex.start()
    await reflex.settled()
    const found = await agrees(40)
    t.same([found.stale, found.missing], [[], []], `${moment}: 0 stale, 0 missing`)
  }

  const random = seeded(seed)
  const work = churn(users, 12, seed)
  let finished = false
  const done = work.then(
    () => (finished = true),
    () => (finished = true)
  )
  for (let kill = 1; kill <= 5; kill++) {
    await Promise.race([sleep(2000 + random() * 5000), done])
    const inFlight = async () => ({
      open: await reflex.metric('actions_open'),
      pending: await reflex.metric('lanes_pending')
    })
    let { open, pending } = await inFlight()
    for (let tries = 0; open + pending === 0 && !finished && tries < 400; tries++)
      ({ open, pending } = await inFlight())
    await reflex.kill()
    t.comment(
      `kill -9 number ${kill} with ${open} steps open and ${pending} lanes pending${finished ? ' (after the churn)' : ''}`
    )
    await reflex.start()
  }
  await work
  await reflex.settled()
  const found = await agrees(60)
  t.same([found.stale, found.missing], [[], []], 'after five kills at random: 0 stale, 0 missing')
  const ids = reflex.sentIds()
  t.equal(new Set(ids).size, ids.length, `${ids.length} changing calls, no two with one request id`)
  for (const server of servers) await dev.call('compute', 'DELETE', `/servers/${server}`)
})

t.test('the broker restarts in the middle: exchanges and queues vanish, and nothing stays wrong', async (t) => {
  await cleanLab()
  const reflex = await product(t)
  await reflex.start({ sweepEvery: '30s' })
  const work = churn(users, 10, seed + 1)
  await sleep(8000)
  const before = performance.now()
  execFileSync('bash', ['lab/ctl.sh', 'restart', 'rabbitmq'], { stdio: 'ignore' })
  t.comment(`RabbitMQ was restarted in ${((performance.now() - before) / 1000).toFixed(1)} s`)
  const { bootedAgain } = await work
  t.comment(`${bootedAgain} boots were given up by Nova and made again`)
  await reflex.settled(180)
  const found = await agrees(120)
  t.same([found.stale, found.missing], [[], []], '0 stale, 0 missing')
  const { brokers, checks } = (await reflex.get('/readyz')) as {
    brokers?: unknown
    checks: { name: string; level: string; detail: string }[]
  }
  const broker = checks.find((check) => check.name.startsWith('broker'))
  t.match(broker?.detail, /connected|exchange/, `bound again: ${broker?.detail}`)
  t.notOk(brokers)
  // A product that runs would set again what is being taken away.
  await reflex.stop()
  await cleanLab()
})
