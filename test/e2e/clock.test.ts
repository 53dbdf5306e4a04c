import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { entry, imageEnv, imageOptions, reflexHere } from './running.ts'

const yearsMs = 4 * 365 * 86_400_000
const yaml = `clusters: { dev: { cloud: dev, tier: bursty } }
policies: { dns-records: { mode: enforce, settings: { cloud: infra, fixed: { zone: cloud.lab. } } } }
journal: { path: journal.db }
http: { port: 0 }
`

t.test('the clock four years ahead and back, under a running product', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-clock-'))
  const sim = await startSim({ seed: 1, bootMs: 50, dnsMs: 50 })
  writeFileSync(join(folder, 'clouds.yaml'), JSON.stringify(sim.clouds))
  writeFileSync(join(folder, 'reflex.yaml'), yaml)
  const offset = join(folder, 'offset')
  const set = (ms: number) => writeFileSync(offset, String(ms))
  set(0)
  const child = spawn(
    process.execPath,
    [...imageOptions, '--import', resolve(import.meta.dirname, 'offset-clock.js'), entry('server')],
    {
      cwd: folder,
      env: { ...process.env, ...imageEnv, CLOCK_OFFSET: offset, OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml') }
    }
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
    await sim.close()
    rmSync(folder, { recursive: true })
  })
  const until = async (what: string, done: () => Promise<boolean>) => {
    for (let tries = 0; !(await done().catch(() => false)); tries++) {
      if (tries > 400) throw new Error(`not within 40 s: ${what}\n${said.slice(-2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const url = () => /is up: (\S+)/.exec(said)?.[1] ?? ''
  const get = async (path: string) => (await fetch(url() + path)).text()
  const clock = async () =>
    (JSON.parse(await get('/readyz')) as { checks: { name: string; level: string; detail: string }[] }).checks.find(
      ({ name }) => name === 'clock'
    )!
  await until('it is up', async () => (await clock()).level === 'ok')

  set(yearsMs)
  await until('the doubt, and what Keystone says', async () => /Keystone at .* says 20/.test((await clock()).detail))
  const { level, detail } = await clock()
  t.equal(level, 'warning')
  t.match(detail, /this machine's clock says 20\d\d-.*by the time that has passed it should be .*nothing is pruned/)
  t.match(await get('/metrics'), /stackreflex_clock_doubted 1/)
  const told = (command: string) =>
    reflexHere([command], folder, { REFLEX_URL: url(), OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml') })
  t.match((await told('status')).out, /clock: this machine's clock says/)
  t.match((await told('doctor')).out, /running product: clock/)

  set(0)
  await until('it is back', async () => (await clock()).level === 'ok')
  // What a process says comes by a pipe.
  await until('it says so', async () => /the clock is believed again: it shows again what it should/.test(said))

  set(yearsMs)
  await until('the doubt', async () => (await clock()).level === 'warning')
  // A person may say so over the network, or on the machine itself.
  // Its clock is not ours, by which a proof of this machine holds for a minute: the key itself does it.
  const key = readFileSync(join(folder, 'journal.db.key'), 'utf8').trim()
  const accepted = await reflexHere(['accept', 'clock', 'it was wrong before'], folder, {
    REFLEX_URL: url(),
    REFLEX_TOKEN: key
  })
  t.equal(accepted.code, 0, accepted.err)
  await until('the word counts', async () => (await clock()).level === 'ok')
  t.match(await get('/metrics'), /stackreflex_clock_doubted 0/)
})
