import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { churn } from './churn.ts'
import { agrees, foreign, product } from './product.ts'
import { cleanLab, user } from './user.ts'

const users = ['dev-user', 'prod-user', 'infra-user'].map(user)
const seed = Number(process.env.CHURN_SEED ?? 20261123)
// Each costs about ten seconds of everybody's time: more where there is time.
const servers = Number(process.env.CHURN_SERVERS ?? 20)
const explain = (folder: string, about: string) =>
  execFileSync('node', [join(process.cwd(), 'src/cli/cli.ts'), 'explain', about], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(process.cwd(), 'node_modules/.bin')}:${process.env.PATH}` }
  })

t.test('after a seeded churn the zones are exactly what the APIs say they should be', async (t) => {
  await cleanLab()
  const [dev, , infra] = users as [(typeof users)[0], (typeof users)[0], (typeof users)[0]]
  const zones = await infra.list('dns', '/zones', 'zones')
  const zone = zones.find((one) => one.name === 'cloud.lab.').id
  const handMade = {
    name: `churn-${seed}-0.dev.cloud.lab.`,
    type: 'A',
    records: ['192.0.2.1'],
    description: 'made by hand'
  }
  await infra.call('dns', 'POST', `/zones/${zone}/recordsets`, handMade)

  const reflex = await product(t)
  await reflex.start({ sweepEvery: '20s' })
  const edited = await dev.boot(`edited-${seed}`)
  await dev.active(edited)
  await reflex.settled()
  const name = `edited-${seed}.dev.cloud.lab.`
  const [ours] = await infra.list('dns', `/zones/${zone}/recordsets?name=${name}&type=A`, 'recordsets')
  await infra.call('dns', 'PUT', `/zones/${zone}/recordsets/${ours.id}`, { records: ['192.0.2.2'] })

  const result = await churn(users, servers, seed)
  t.comment(
    `churn of seed ${seed}: ${result.booted} booted, ${result.deleted} deleted, ${result.renamed} renamed, ${result.floatingIps} floating IPs, ${result.portsDeleted} ports deleted`
  )
  await reflex.settled()
  await dev.call('compute', 'DELETE', `/servers/${edited}`)
  await reflex.settled()

  const ignore = [`${foreign}${handMade.name}`, `${name}/A`]
  const found = await agrees(60, ...ignore)
  t.comment(
    `${Object.keys(found.desired).length} recordsets desired, ${found.stale.length} stale, ${found.missing.length} missing`
  )
  t.same(found.stale, [], 'nothing is stale')
  t.same(found.missing, [], 'nothing is missing')
  t.ok(Object.keys(found.desired).length > 20, 'and there was something to be right about')

  t.same(found.actual[`${handMade.name}/A`], ['192.0.2.1'], 'the hand-made record is as it was')
  t.match(explain(reflex.folder, handMade.name), /no mark of ours/, 'and explain says why')
  t.same(found.actual[`${name}/A`], ['192.0.2.2'], 'the foreign edit of one of ours is as it was')
  t.match(explain(reflex.folder, name), /edited by somebody else/, 'and explain says why')

  // Two more sweeps, and the time after which drift counts as missed.
  const sweeps = await reflex.metric('sweeps_total')
  while ((await reflex.metric('sweeps_total')) < sweeps + 2) await sleep(1000)
  await sleep(42_000)
  t.comment(`${await reflex.metric('sweeps_total')} sweeps, during and after the churn`)
  const missed = await reflex.metric('drift_missed_total')
  t.equal(missed, 0, 'nothing was missed while the notifications flowed')
  t.comment(`drift without any event: ${await reflex.metric('drift_no_event_exists_total')}, missed: ${missed}`)
  const ids = reflex.sentIds()
  t.equal(new Set(ids).size, ids.length, `${ids.length} changing calls, no two with one request id`)

  // The rest of the servers goes while nobody consumes: only the sweep can find out.
  await reflex.stop()
  await reflex.start({ roles: 'receive,serve,decide,act,schedule', sweepEvery: '20s' })
  for (const one of result.left.slice(0, 5)) await one.user.call('compute', 'DELETE', `/servers/${one.id}`)
  const fresh = await dev.boot(`unheard-${seed}`)
  await dev.active(fresh)
  const healed = await agrees(150, ...ignore)
  t.same([healed.stale, healed.missing], [[], []], 'the sweep heals what nobody heard')
  let counted = 0
  for (let tries = 0; tries < 60 && counted === 0; tries++) {
    counted = await reflex.metric('drift_missed_total')
    await sleep(1000)
  }
  t.ok(counted > 0, `and counts ${counted} missed`)
})

t.test('a mass delete is refused at 30 % with its numbers', async (t) => {
  await cleanLab()
  const [dev] = users as [(typeof users)[0]]
  const reflex = await product(t)
  await reflex.start({ share: 0.3 })
  const servers: string[] = []
  for (let n = 0; n < 10; n++) servers.push(await dev.boot(`mass-${n}`))
  for (const server of servers) await dev.active(server)
  await reflex.settled()
  await Promise.all(servers.map((server) => dev.call('compute', 'DELETE', `/servers/${server}`)))
  for (const server of servers) await dev.gone(server)
  await reflex.settled()
  const left = await agrees(0)
  const names = left.stale.filter((one) => one.name.endsWith('.cloud.lab.'))
  const { items } = (await reflex.get('/api/v1/actions?limit=500')) as {
    items: { type: string; state: string; reason: string; scope: string }[]
  }
  const there = items.filter((one) => one.scope === 'zone/cloud.lab.')
  const deleted = there.filter((one) => one.type === 'recordset-delete' && one.state === 'done').length
  // Nova takes the ports away before it says that the server is gone: what is decided in between counts among the other deletes.
  t.ok(
    deleted >= 6 && deleted <= 12,
    `${deleted} of 20 are deleted: 6 at most of what is gone for certain, and 6 of the rest`
  )
  t.equal(names.length, 20 - deleted, `the other ${20 - deleted} recordsets in cloud.lab. are still there`)
  const refused = there.filter((one) => one.state === 'refused')
  for (const { reason } of refused)
    t.match(
      reason,
      /delete 7 of 20 in zone\/cloud\.lab\. of dev(, of what is gone for certain,)? within 60 min exceeds 30 % \(6 allowed, 6 used\)/
    )
  t.ok(refused.length > 0, `${refused.length} were refused`)
  await reflex.stop()
  await reflex.start({ share: 1 })
  const after = await agrees(90)
  t.same([after.stale, after.missing], [[], []], 'with the limit raised the first sweep takes the rest')
})
