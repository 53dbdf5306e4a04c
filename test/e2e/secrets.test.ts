import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import amqp from 'amqplib'
import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { startBroker } from '../broker.ts'
import { entry, imageEnv, imageOptions } from './running.ts'

/** Something that must be found nowhere. */
const planted = (what: string) => `planted-${what}-${randomBytes(12).toString('hex')}`

const paths = [
  '/',
  '/healthz',
  '/readyz',
  '/metrics',
  '/api/v1/events?limit=500',
  '/api/v1/decisions?limit=500',
  '/api/v1/actions?limit=500',
  '/api/v1/approvals',
  '/api/v1/stops',
  '/api/v1/lanes',
  '/api/v1/explain?about=web.dev.cloud.lab',
  '/api/v1/explain?about=web.dev.cloud.lab&format=text',
  '/api/v1/explain?since=1h&format=text'
]

t.test('a planted secret is found nowhere', async (t) => {
  const secret = {
    payload: planted('token-in-a-payload'),
    context: planted('token-in-the-context'),
    unknown: planted('token-under-an-unknown-key'),
    cloud: planted('password-of-a-cloud'),
    broker: planted('password-of-the-broker'),
    bearer: planted('bearer-token'),
    wrong: planted('wrong-bearer-token')
  }
  const broker = await startBroker()
  t.teardown(() => broker.stop())
  await broker.admit(secret.broker.slice(0, 20), secret.broker, { vhost: '/', names: '.*' })
  const sim = await startSim({ seed: 3, bootMs: 100, dnsMs: 60, amqpUrl: broker.url })
  t.teardown(() => sim.close())
  const cwd = mkdtempSync(join(tmpdir(), 'reflex-secrets-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))

  const clouds = structuredClone(sim.clouds) as { clouds: Record<string, { auth: Record<string, string> }> }
  // One entry whose password is wrong: its errors must not tell it either.
  clouds.clouds.prod!.auth.password = secret.cloud
  writeFileSync(join(cwd, 'clouds.yaml'), JSON.stringify(clouds))
  const url = new URL(broker.url)
  url.username = secret.broker.slice(0, 20)
  url.password = secret.broker
  const queue = `e2e-${randomBytes(4).toString('hex')}`
  const file = join(cwd, 'reflex.yaml')
  const yaml = `clusters: { dev: { cloud: dev, tier: bursty }, infra: { cloud: infra, tier: always-on } }
notifications:
  - { cloud: sim, region: RegionOne, url: "${url.href}", queue: ${queue}, exchanges: [nova, neutron] }
policies:
  dns-records:
    mode: enforce
    settings: { cloud: infra, fixed: { zone: cloud.lab. } }
access: { operate: [sre] }
tokens: [{ actor: alice, groups: [sre], sha256: ${createHash('sha256').update(secret.bearer).digest('hex')} }]
log: { level: trace }
`
  writeFileSync(file, yaml)
  let said = ''
  const child = spawn(process.execPath, [...imageOptions, entry('server')], {
    cwd,
    env: { ...process.env, ...imageEnv, PORT: '0', OS_CLIENT_CONFIG_FILE: join(cwd, 'clouds.yaml') }
  })
  t.teardown(() => child.kill('SIGKILL'))
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  const address = () => /is up: (\S+)/.exec(said)?.[1] ?? ''
  const get = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(address() + path, { headers })).text()
  const until = async (what: string, done: () => Promise<boolean>) => {
    for (let tries = 0; !(await done().catch(() => false)); tries++) {
      if (tries > 300) throw new Error(`not within 30 s: ${what}\n${said.slice(-2000)}`)
      await sleep(100)
    }
  }

  await until('it is up', async () => (await get('/healthz')).includes('true'))
  await sim.operator.bootServer({ name: 'early', project: 'dev' })
  await until('bound', async () => /"name":"broker[^}]*"level":"ok"/.test(await get('/readyz')))
  const connection = await amqp.connect(broker.url)
  const channel = await connection.createConfirmChannel()
  const envelope = (inner: object) =>
    Buffer.from(JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(inner) }))
  const message = (type: string, n: number) => ({
    message_id: `m-${n}`,
    event_type: type,
    publisher_id: 'compute.host',
    priority: 'INFO',
    timestamp: '2026-11-24 12:00:00.000000',
    _context_auth_token: secret.context,
    payload: {
      instance_id: 's-1',
      tenant_id: 'p-1',
      display_name: 'x',
      state: 'active',
      auth_token: secret.payload,
      metadata: { token: secret.payload },
      nested: [{ [secret.unknown]: secret.unknown }]
    }
  })
  for (const [n, type] of [
    'compute.instance.create.end',
    'identity.authenticate',
    'of.no.known.kind',
    'port.create.end'
  ].entries())
    channel.publish('nova', 'notifications.info', envelope(message(type, n)))
  channel.publish('nova', 'notifications.info', Buffer.from(`not JSON, but with ${secret.payload} in it`))
  await channel.waitForConfirms()
  await connection.close()
  await sim.operator.bootServer({ name: 'web', project: 'dev' })
  await until('its record', async () =>
    (await sim.operator.recordsets('cloud.lab.')).some((one) => one.name === 'web.dev.cloud.lab.')
  )

  const post = (path: string, token: string, body: string) =>
    fetch(address() + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body
    }).then((answer) => answer.text())
  const answers = [
    await post('/api/v1/stops', secret.bearer, '{"cluster":"infra","reason":"x"}'),
    await post('/api/v1/stops', secret.wrong, '{}'),
    await post('/api/v1/resume', secret.bearer, '{"cluster":"infra"'),
    await get(`/api/v1/events?token=x`, { authorization: `Bearer ${secret.wrong}` })
  ]
  t.match(answers[0], /infra/, 'the token is good')
  // Mistakes right beside the secrets, found while it runs.
  writeFileSync(
    file,
    yaml
      .replace('queue:', 'quue:')
      .replace('tier: bursty', `cloud2: ${secret.cloud}`)
      .replace('sha256: ', `sha256: ${secret.bearer} #`)
  )
  await until('the mistakes', async () => /is not in force/.test(await get('/readyz')))
  for (const path of paths) answers.push(await get(path))
  writeFileSync(file, `clusters: { prod: { cloud: prod, tier: bursty } }\n${yaml.split('\n').slice(1).join('\n')}`)
  await until('a cloud whose password is wrong', async () => /read anew/.test(await get('/readyz')))
  await until('its refusal', async () => /could not read everything/.test(await get('/readyz')))
  answers.push(await get('/readyz'))
  child.kill('SIGABRT')
  await new Promise((resolve) => child.once('exit', resolve))

  // It cannot even start with these: what it says then counts as well.
  writeFileSync(file, yaml.replace('amqp://', 'amq://').replace('clusters:', `password: ${secret.cloud}\nclusters:`))
  const broken = spawn(process.execPath, [...imageOptions, entry('server')], {
    cwd,
    env: { ...process.env, ...imageEnv, PORT: '0' }
  })
  for (const stream of [broken.stdout, broken.stderr]) stream.on('data', (chunk) => (said += chunk))
  t.equal(await new Promise((resolve) => broken.once('exit', resolve)), 1)

  const journal = readdirSync(join(cwd, '.data')).map((name) => [
    name,
    readFileSync(join(cwd, '.data', name), 'latin1')
  ])
  const places: [string, string][] = [
    ['logs and crash output', said],
    ...answers.map((answer, n): [string, string] => [`answer ${n}`, answer]),
    ...(journal as [string, string][])
  ]
  t.ok(
    journal.some(([, text]) => text!.includes('web.dev.cloud.lab')),
    'the journal was read'
  )
  t.ok(said.includes('is not taken over'), 'and the log')
  for (const [what, value] of Object.entries(secret))
    t.same(
      places.filter(([, text]) => text.includes(value)).map(([place]) => place),
      [],
      `the ${what} secret is nowhere in ${places.length} places`
    )
})
