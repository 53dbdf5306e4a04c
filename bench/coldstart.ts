import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build as bundle } from 'esbuild'
import { signedHeaders } from '../sim/slack/signed-headers.ts'
import { build, writeClouds } from './product.ts'
import { type BenchOptions, type BenchResult, spreadOf } from './result.ts'

const signingSecret = 'a-signing-secret-of-slack'
/** Of each kind in a round: a start is short, and what else the machine does is not. */
const STARTS = 5
const kinds = ['http', 'fastify', 'receive', 'all'] as const
type Kind = (typeof kinds)[number]

/** One start, in ms since the process was asked for; processor seconds are its user and system time until the acknowledgement. */
interface Start {
  /** The configuration was read; null: there is none. */
  readonly configured: number | null
  readonly up: number
  readonly acknowledged: number
  readonly processorMs: number
  readonly rssMb: number
}

/**
 * From the start of a process to its first acknowledgement, of a signed slash command that was verified and journalled: the
 * production bundle with role receive and with all roles, beside a bare `node:http` server and a bare bundled Fastify route,
 * all with their compiled code kept from a run before, as the image has it. Throws where the command is not acknowledged.
 */
export async function run({ rounds, print }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-bench-'))
  try {
    await build()
    const entries = await entriesIn(folder)
    const starts: Record<Kind, Start[]> = { http: [], fastify: [], receive: [], all: [] }
    for (const kind of kinds) await startOnce(folder, kind, entries[kind])
    for (let round = 0; round < rounds * STARTS; round++)
      for (const kind of kinds) starts[kind].push(await startOnce(folder, kind, entries[kind]))

    const median = (kind: Kind, of: (start: Start) => number) => spreadOf(starts[kind].map(of)).median
    const ms = (kind: Kind) => median(kind, (one) => one.acknowledged)
    const processor = (kind: Kind) => median(kind, (one) => one.processorMs)
    const rss = (kind: Kind) => median(kind, (one) => one.rssMb)
    const times = (kind: Kind, of = ms) => Number((of(kind) / of('http')).toFixed(2))
    for (const kind of kinds)
      print(
        `${names[kind].padEnd(24)} ${ms(kind).toFixed(0).padStart(5)} ms to the first acknowledgement (${times(kind)} x), ` +
          `${processor(kind).toFixed(0).padStart(5)} ms of processor (${times(kind, processor)} x), ${rss(kind).toFixed(0)} MB`
      )
    const loading = await importsOf(folder, entries.receive)
    for (const kind of ['receive', 'all'] as const) {
      const configured = median(kind, (one) => one.configured ?? 0)
      const parts = {
        'Node itself': loading.node,
        'loading the server': loading.imports,
        configuration: configured - loading.node - loading.imports,
        'journal, roles and HTTP': median(kind, (one) => one.up - (one.configured ?? 0)),
        'the command': median(kind, (one) => one.acknowledged - one.up)
      }
      const said = Object.entries(parts).map(([part, time]) => `${part} ${time.toFixed(0)} ms`)
      print(`${names[kind]}, medians: ${said.join(', ')}`)
    }
    return {
      name: 'coldstart',
      unit: 'ms from the start of the process to the first journalled acknowledgement, role receive',
      referenceName: 'a bare node:http server',
      ours: Math.round(ms('receive')),
      reference: Math.round(ms('http')),
      ratio: Number((ms('http') / ms('receive')).toFixed(3)),
      times: times('receive'),
      timesProcessor: times('receive', processor),
      rssMb: Math.round(rss('receive')),
      fastify: {
        times: times('fastify'),
        timesProcessor: times('fastify', processor),
        rssMb: Math.round(rss('fastify'))
      },
      all: { times: times('all'), timesProcessor: times('all', processor), rssMb: Math.round(rss('all')) },
      rounds
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const names: Readonly<Record<Kind, string>> = {
  http: 'bare node:http',
  fastify: 'bare Fastify, bundled',
  receive: 'ours, role receive',
  all: 'ours, all roles'
}

/** What each kind is started with; ours have a configuration, and clouds that nobody answers for. */
async function entriesIn(folder: string): Promise<Readonly<Record<Kind, string>>> {
  const bare = { bundle: true, format: 'esm', platform: 'node', target: 'node24' } as const
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" }
  const outOf = (name: string) => join(folder, `${name}.mjs`)
  for (const name of ['bare-http', 'bare-route'])
    await bundle({ ...bare, banner, entryPoints: [join(import.meta.dirname, `${name}.ts`)], outfile: outOf(name) })
  writeClouds(folder)
  writeFileSync(
    join(folder, 'reflex.yaml'),
    JSON.stringify({
      clusters: { bench: { cloud: 'bench', tier: 'bursty' } },
      policies: {
        'workload-actions': { settings: { services: { erp: { namespace: 'erp', name: 'erp' } } } },
        'dns-records': { settings: { cloud: 'bench', fixed: { zone: 'cloud.bench.' } } }
      },
      placement: { erp: ['bench'] },
      access: { operate: ['sre'] },
      slack: {
        signingSecrets: [signingSecret],
        team: 'T0SIM',
        users: { UALICE: { actor: 'alice', groups: ['sre'] } },
        responseHosts: ['127.0.0.1']
      },
      sweep: { atStart: false },
      log: { level: 'fatal' },
      http: { port: 0 }
    })
  )
  const server = join(import.meta.dirname, '../dist/src/server.js')
  return { http: outOf('bare-http'), fastify: outOf('bare-route'), receive: server, all: server }
}

const nodeOptions = ['--max-semi-space-size=2']

const envOf = (folder: string, kind: Kind) => ({
  PATH: process.env.PATH,
  HOME: folder,
  NODE_ENV: 'production',
  NODE_COMPILE_CACHE: join(folder, 'compiled'),
  MALLOC_ARENA_MAX: '1',
  REFLEX_ROLES: kind === 'all' ? '' : 'receive'
})

async function startOnce(folder: string, kind: Kind, entry: string): Promise<Start> {
  rmSync(join(folder, '.data'), { recursive: true, force: true })
  mkdirSync(join(folder, '.data'), { mode: 0o700 })
  const begin = performance.now()
  const child = spawn(process.execPath, [...nodeOptions, entry], {
    cwd: folder,
    env: envOf(folder, kind),
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const ended = once(child, 'exit')
  let said = ''
  let configured: number | null = null
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk
      if (configured === null && said.includes('Configuration: ')) configured = performance.now() - begin
      const found = /is up: (\S+)\n/.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stderr.on('data', hear)
    child.stdout.on('data', hear)
    child.once('exit', () => reject(new Error(`it did not start: ${said}`)))
  })
  const up = performance.now() - begin
  const response = await fetch(`${url}/slack/commands`, command())
  const text = await response.text()
  const acknowledged = performance.now() - begin
  if (response.status !== 200) throw new Error(`the command was answered ${response.status}: ${text}`)
  const rssMb = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
  const times = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  child.kill('SIGTERM')
  await ended
  // In ticks of a hundredth of a second.
  return { configured, up, acknowledged, processorMs: (Number(times[11]) + Number(times[12])) * 10, rssMb }
}

/** A slash command as Slack signs it. */
function command() {
  const form = { command: '/reflex', text: 'status', team_id: 'T0SIM', user_id: 'UALICE', channel_id: 'C0SIM' }
  const reply = { trigger_id: '1234.5678.abcdef', response_url: 'https://127.0.0.1:9/commands/1' }
  const body = new URLSearchParams({ ...form, ...reply }).toString()
  return { method: 'POST', headers: signedHeaders(body, signingSecret), body }
}

/** How long Node takes until our first line of code, and loading the server's modules after it; ms, medians. */
async function importsOf(folder: string, entry: string): Promise<{ readonly node: number; readonly imports: number }> {
  const script = join(folder, 'imports.mjs')
  writeFileSync(
    script,
    `const begin = performance.now()\nawait import(${JSON.stringify(entry)})\nconsole.log(JSON.stringify({ node: begin, imports: performance.now() - begin }))\n`
  )
  const all: { node: number; imports: number }[] = []
  for (let n = 0; n < STARTS; n++) {
    const child = spawn(process.execPath, [...nodeOptions, script], { cwd: folder, env: envOf(folder, 'receive') })
    let said = ''
    child.stdout.on('data', (chunk) => (said += chunk))
    await once(child, 'close')
    all.push(JSON.parse(said))
  }
  const median = (what: 'node' | 'imports') => spreadOf(all.map((one) => one[what])).median
  return { node: median('node'), imports: median('imports') }
}
