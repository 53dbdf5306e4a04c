import { execFile, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/**
 * A private RabbitMQ for tests, from Debian's package: on loopback only, with its files in a temporary folder, run by
 * whoever runs the tests. A run starts it once and hands it on through the environment (`env` of the broker); a test
 * file that is run alone starts its own.
 */
export interface Broker {
  readonly url: string
  /** What another process needs to use this broker: `Object.assign(process.env, broker.env)`. */
  readonly env: Readonly<Record<string, string>>
  /** Stops and starts it: connections and what is not durable are gone afterwards. Disturbs everybody who shares it. */
  restart(): Promise<void>
  /** Ends it and removes its files. Does nothing to a broker that somebody else started. */
  stop(): Promise<void>
  /** `rabbitmqctl`: about two seconds of processor time each. */
  ctl(args: readonly string[]): Promise<string>
  /** What Erlang's expressions come to in the node, as `rabbitmqctl eval` does it, in milliseconds. */
  evaluate(expressions: string): Promise<string>
  /** Lets in a user who may do in this virtual host what has such a name. */
  admit(user: string, password: string, what: { readonly vhost: string; readonly names: string }): Promise<void>
  /** The address of a virtual host that is made for whoever asks: queues, exchanges and dead letters of nobody else. */
  apart(name?: string): Promise<string>
}

const binaries = '/usr/lib/rabbitmq/bin'
const install = 'apt-get install --yes --no-install-recommends rabbitmq-server'
const run = promisify(execFile)

/** Debian's package, installed where it is missing and we may. It never starts the package's own daemon. */
async function ensureRabbit(): Promise<void> {
  if (existsSync(`${binaries}/rabbitmq-server`)) return
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    throw new Error(`These tests need RabbitMQ's server. As root: ${install}`)
  }
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const apt = (...args: string[]) => run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-q', ...args], { env })
    const { stdout } = await run('apt-cache', ['policy', 'rabbitmq-server'])
    if (!/Candidate: \d/.test(stdout)) await apt('update')
    await apt('install', '--yes', '--no-install-recommends', 'rabbitmq-server')
  } finally {
    if (ours) rmSync(policy)
  }
}

const users = 'rabbit_auth_backend_internal'
/** Configure, write and read. */
const permit = (user: string, vhost: string, names: string) =>
  `${users}:set_permissions(<<"${user}">>, <<"${vhost}">>, <<"${names}">>, <<"${names}">>, <<"${names}">>, <<"test">>)`

/** The broker of this test run, or a new one. `own` asks for a new one in any case: for tests that restart it. */
export async function startBroker({ own = false } = {}): Promise<Broker> {
  const { REFLEX_TEST_AMQP_URL: url, REFLEX_TEST_AMQP_HOME: home } = process.env
  if (url && !own) return broker(url, home ?? '', false)
  await ensureRabbit()
  await ensureEpmd()
  for (let tries = 1; ; tries++) {
    try {
      return await startOwn()
    } catch (error) {
      // RabbitMQ cannot listen on 0 for its other nodes, so that the ports are named a second before it takes them.
      if (tries === 5 || !/eaddrinuse|address already in use/i.test((error as Error).message)) throw error
    }
  }
}

async function startOwn(): Promise<Broker> {
  const [port, distribution] = await freePorts()
  const folder = mkdtempSync(join(tmpdir(), 'reflex-amqp-'))
  const name = `reflex_test_${port}@localhost`
  mkdirSync(join(folder, 'log'))
  writeFileSync(join(folder, 'plugins'), '[].\n')
  writeFileSync(join(folder, 'node.json'), JSON.stringify(nodeEnv(folder, name, port, distribution)))
  const created = broker(`amqp://guest:guest@127.0.0.1:${port}`, folder, true)
  try {
    await start(folder, port)
  } catch (error) {
    await created.stop()
    throw error
  }
  return created
}

function broker(url: string, folder: string, ours: boolean): Broker {
  const evaluate = async (expressions: string) => {
    if (folder === '') throw new Error('REFLEX_TEST_AMQP_HOME is not set: this broker cannot be asked')
    const { RABBITMQ_NODENAME: node = '', ...env } = environment(folder)
    const cookie = readFileSync(join(folder, '.erlang.cookie'), 'utf8')
    const asked = run('erl_call', ['-n', node, '-c', cookie, '-e'], { env })
    asked.child.stdin?.end(`${expressions}.\n`)
    const { stdout } = await asked
    const [, answer] = /^\{ok, (.*)\}\s*$/s.exec(stdout) ?? []
    if (answer === undefined) throw new Error(`${expressions}: ${stdout}`)
    return answer
  }
  const endWithUs = () => {
    kill(folder, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const endBySignal = (signal: NodeJS.Signals) => {
    endWithUs()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  // Before whoever takes the folder away, with the file that says what to end.
  if (ours) process.prependOnceListener('exit', endWithUs).once('SIGTERM', endBySignal).once('SIGINT', endBySignal)
  return {
    url,
    env: { REFLEX_TEST_AMQP_URL: url, REFLEX_TEST_AMQP_HOME: folder },
    async restart() {
      // Within its machine, whose own start takes most of the time. A start right after a stop now and then says ok and leaves it stopped.
      await evaluate('ok = rabbit:stop()')
      const patience = Date.now() + 120_000
      while (!(await answers(Number(new URL(url).port)))) {
        if (Date.now() > patience) throw new Error('RabbitMQ was stopped and does not start again')
        await evaluate('ok = rabbit:start()')
      }
    },
    async stop() {
      if (!ours) return
      process.off('exit', endWithUs).off('SIGTERM', endBySignal).off('SIGINT', endBySignal)
      await end(folder)
      rmSync(folder, { recursive: true, force: true })
    },
    async ctl(args) {
      if (folder === '') throw new Error('REFLEX_TEST_AMQP_HOME is not set: rabbitmqctl cannot reach this broker')
      return (await run(`${binaries}/rabbitmqctl`, ['--quiet', ...args], { env: environment(folder) })).stdout
    },
    evaluate,
    async admit(user, password, { vhost, names }) {
      await evaluate(
        `(catch ${users}:add_user(<<"${user}">>, <<"${password}">>, <<"test">>)), ${permit(user, vhost, names)}`
      )
    },
    async apart(name = `apart-${randomUUID()}`) {
      await evaluate(`rabbit_vhost:add(<<"${name}">>, <<"test">>), ${permit('guest', name, '.*')}`)
      return `${url}/${name}`
    }
  }
}

/** The binaries behind Debian's wrapper, told everything by environment: no other user, no file outside the folder. */
function nodeEnv(folder: string, name: string, port: number, distribution: number): Record<string, string> {
  return {
    HOME: folder,
    RABBITMQ_NODENAME: name,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: join(folder, 'none'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '-start_epmd false -kernel inet_dist_use_interface {127,0,0,1} -rabbit quorum_tick_interval 500 +sbwt none',
    ERL_EPMD_ADDRESS: '127.0.0.1'
  }
}

function environment(folder: string): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LANG: 'C.UTF-8', ...JSON.parse(readFileSync(join(folder, 'node.json'), 'utf8')) }
}

async function start(folder: string, port: number): Promise<void> {
  rmSync(join(folder, 'pid'), { force: true })
  rmSync(join(folder, 'running'), { force: true })
  const output = openSync(join(folder, 'log', 'output'), 'a')
  const child = spawn(`${binaries}/rabbitmq-server`, {
    env: environment(folder),
    stdio: ['ignore', output, output],
    detached: true
  })
  child.unref()
  const patience = Date.now() + 60_000
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > patience) {
      throw new Error(`RabbitMQ did not start:\n${readFileSync(join(folder, 'log', 'output'), 'utf8').slice(-4000)}`)
    }
    await sleep(100)
  }
  // The node removes its own file when it begins to stop, not when it has ended.
  copyFileSync(join(folder, 'pid'), join(folder, 'running'))
}

/** Only the process whose id it wrote down itself. */
async function end(folder: string): Promise<void> {
  const patience = Date.now() + 20_000
  if (!kill(folder, 'SIGTERM')) return
  while (kill(folder, 0)) {
    if (Date.now() > patience) kill(folder, 'SIGKILL')
    await sleep(50)
  }
}

/** Whether there was a process to get the signal. */
function kill(folder: string, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(Number(readFileSync(join(folder, 'running'), 'utf8')), signal)
  } catch {
    return false
  }
}

/** The port mapper of all Erlang nodes on the machine, which others may have started. Left running: others may use it by now. */
async function ensureEpmd(): Promise<void> {
  if (await accepts(4369)) return
  execFileSync('epmd', ['-daemon', '-address', '127.0.0.1'])
  for (let i = 0; i < 50 && !(await accepts(4369)); i++) await sleep(50)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true) ?? socket.destroy())
    socket.once('error', () => resolve(false))
  })
}

/** Speaks AMQP, not only accepts: the listener opens a little before the node is ready. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('AMQP\x00\x00\x09\x01'))
    const done = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.setTimeout(2000, () => done(false))
    socket.once('data', () => done(true))
    socket.once('error', () => done(false))
    socket.once('end', () => done(false))
  })
}

/** Two ports that nobody has, as the system chooses them. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer().listen(0, '127.0.0.1'), createServer().listen(0, '127.0.0.1')]
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return [ports[0]!, ports[1]!]
}
