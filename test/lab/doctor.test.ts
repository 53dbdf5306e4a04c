import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import amqp from 'amqplib'
import t, { type Test } from 'tap'
import { diagnose } from '../../src/doctor/run.ts'
import { configText, type Found, found, settings } from '../doctor/world.ts'
import { amqpUrl } from './product.ts'
import { labFolder } from './user.ts'

const lab = resolve(labFolder, 'clouds.yaml')
const clusters =
  'dev: { cloud: dev, tier: bursty }, prod: { cloud: prod, tier: change-controlled }, infra: { cloud: infra, tier: always-on }'
const broker = (exchanges: string) =>
  `{ cloud: lab, region: RegionOne, url: { env: LAB_AMQP_URL }, queue: stackreflex-doctor-test, exchanges: [${exchanges}] }`

async function examine(
  t: Test,
  config: string,
  { clouds = lab, url = amqpUrl }: { clouds?: string; url?: string } = {}
): Promise<Found> {
  const cwd = t.testdir({ 'reflex.yaml': config })
  const env = { OS_CLIENT_CONFIG_FILE: clouds, LAB_AMQP_URL: url }
  return found(await diagnose({ env, cwd }))
}

t.test('a healthy lab', async (t) => {
  const { all, levels, at } = await examine(t, configText({ clusters, notifications: broker('nova, neutron') }))
  t.same(
    levels.failure,
    0,
    JSON.stringify(all.flatMap(({ findings }) => findings).filter((one) => one.level === 'failure'))
  )
  t.equal(at('ok', 'credentials').length, 3)
  t.equal(at('ok', 'catalogue').length, 9)
  t.equal(at('ok', 'clock').length, 1, 'by the time of the token: its Keystone sends no Date')
  t.equal(at('ok', 'exchanges').length, 2)
  t.equal(at('ok', 'zones').length, 9, 'two zones, and seven subnets with their reverse zones')
  t.equal(at('ok', 'quota').length, 2)
  t.match(at('warning', 'queue')[0], /is not there yet/)
  const connection = await amqp.connect(amqpUrl)
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  await t.rejects(channel.checkQueue('stackreflex-doctor-test'), { code: 404 }, 'nothing is left behind')
  await connection.close()
})

t.test('a lab that is configured wrongly', async (t) => {
  const dns = settings.replace('cloud.lab.', 'clouds.lab.')
  const zone = await examine(t, configText({ clusters, dns, notifications: broker('nova, ironic') }))
  t.match(zone.at('failure', 'zones'), [/zone clouds.lab.: .* did you mean 'cloud.lab.'\? → .*zone create/])
  t.match(zone.at('failure', 'exchanges'), [
    /exchange ironic of lab\/RegionOne: is not there.* → set `\[oslo_messaging_notifications\] driver = messagingv2` in the configuration of ironic/
  ])
  t.equal(zone.levels.failure, 2)

  const clouds = JSON.parse(readFileSync(lab, 'utf8'))
  clouds.clouds.dev.auth.password = 'wrong-word'
  const folder = mkdtempSync(join(tmpdir(), 'reflex-doctor-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'clouds.json')
  writeFileSync(file, JSON.stringify(clouds))
  const url = amqpUrl.replace('guest:guest', 'guest:wrong-word')
  const refused = await examine(t, configText({ clusters, notifications: broker('nova') }), { clouds: file, url })
  t.match(refused.at('failure', 'credentials'), [/cloud entry dev: .*401.* → correct user, password/])
  t.match(refused.at('failure', 'exchanges'), [/broker 127.0.0.1:5672.* → correct user and password/])
  t.notMatch(JSON.stringify(refused.all), /wrong-word/)

  const admin = await examine(t, configText({ clusters: 'admin: { cloud: admin, tier: bursty }' }))
  t.match(admin.at('warning', 'credentials', 'admin'), [
    /with admin a leaked password.* → give this entry a user of its own/
  ])
})
