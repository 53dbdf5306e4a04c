import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { until } from '../e2e/doors.ts'

// The first time Debian's base system is fetched and npm's packages are installed inside the build.
t.setTimeout(880_000)
const run = promisify(execFile)
const built = await run('bash', ['lab/image/build.sh'], { maxBuffer: 1e8 })
t.comment(built.stdout.trim())

t.test('the image starts as its own Dockerfile says, does what the tests saw, and stops when it is told', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'reflex-image-'))
  t.teardown(() => rmSync(data, { recursive: true }))
  chmodSync(data, 0o777)
  const image = spawn('bash', ['lab/image/run.sh', data], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true
  })
  const ended = once(image, 'exit')
  t.teardown(() => {
    if (image.exitCode === null && image.signalCode === null) process.kill(-image.pid!, 'SIGKILL')
  })
  let said = ''
  image.stderr.on('data', (chunk) => (said += chunk))
  const url = await until('the image is up', () => {
    if (image.exitCode !== null) throw new Error(said)
    return /is up: (\S+)/.exec(said)?.[1]
  })
  const get = async (path: string) => (await fetch(url + path)).text()
  t.match(JSON.parse(await get('/readyz')), { ready: true, simulated: true })
  type Items = { items: { type: string; state: string }[] }
  await until('a record that was set', async () =>
    (JSON.parse(await get('/api/v1/actions')) as Items).items.some(
      ({ type, state }) => type === 'recordset-set' && state === 'done'
    )
  )
  const metrics = await get('/metrics')
  t.match(metrics, /^stackreflex_events_total\{source="sim"\} [1-9]/m)
  t.match(metrics, /^process_cpu_seconds_total /m)
  t.match(await get('/'), /<title>Stackreflex/)
  t.equal(statSync(join(data, '.data/simulated.db')).uid, 1000, 'nothing runs as root')
  // Asks and restarts go through Slack's and Kubernetes' libraries, which the bundle loads late.
  await until('a question in Slack that is answered', async () =>
    /approved|rollout-restart/.test(await get('/api/v1/explain?since=10m&format=text'))
  )

  const doctor = await run('bash', ['lab/image/run.sh', data, 'node', '/app/src/cli/cli.js', 'doctor'], {
    env: { ...process.env, REFLEX_URL: url }
  })
  t.match(doctor.stdout, /0 failed/)

  // To the product alone, as a kubelet does; it is the only one of the machine in such a place.
  const { stdout } = await run('pgrep', ['-n', '-f', '^/usr/local/bin/node .* /app/src/server.js'])
  process.kill(Number(stdout.trim()), 'SIGTERM')
  t.strictSame(await ended, [0, null], said.slice(-1000))
})
