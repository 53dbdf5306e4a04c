import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { signedHeaders } from '../../sim/slack/signed-headers.ts'
import { ROLES } from '../../src/config/checks.ts'
import { routeRoles } from '../../src/handlers/roles.ts'
import { openJournal } from '../../src/store/open.ts'
import { until } from '../e2e/doors.ts'
import { startProduct } from '../e2e/running.ts'

const signingSecret = 'a-signing-secret-of-slack'

/** A folder with a configuration whose cloud nobody answers for. */
function folder(t: Test): string {
  const cwd = mkdtempSync(join(tmpdir(), 'reflex-roles-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true, maxRetries: 5 }))
  const auth = {
    auth_url: 'http://127.0.0.1:9/v3',
    username: 'u',
    password: 'p',
    project_name: 'p',
    user_domain_id: 'default',
    project_domain_id: 'default'
  }
  writeFileSync(join(cwd, 'clouds.yaml'), JSON.stringify({ clouds: { dev: { auth, region_name: 'RegionOne' } } }))
  writeFileSync(
    join(cwd, 'reflex.yaml'),
    JSON.stringify({
      clusters: { dev: { cloud: 'dev', tier: 'bursty' } },
      policies: {
        'workload-actions': {
          mode: 'observe',
          settings: { services: { erp: { namespace: 'erp', name: 'erp' } } }
        }
      },
      placement: { erp: ['dev'] },
      access: { operate: ['sre'] },
      slack: {
        signingSecrets: [signingSecret],
        team: 'T0SIM',
        users: { UALICE: { actor: 'alice', groups: ['sre'] } }
      },
      sweep: { atStart: false },
      log: { level: 'fatal' },
      http: { port: 0 }
    })
  )
  return cwd
}

const start = (cwd: string, roles: string) => startProduct({ REFLEX_ROLES: roles, HOME: cwd }, cwd, () => {})

/** Which routes a process has, of all that there are. */
async function routesOf(url: string): Promise<readonly string[]> {
  const found = Object.keys(routeRoles).map(async (route) => {
    const [method = '', path = ''] = route.split(' ')
    // A live stream does not end by itself.
    const asked = route === 'GET /api/v1/stream' ? 'HEAD' : method
    const response = await fetch(url + path.replace(':id', '1'), { method: asked })
    const said = await response.text()
    const absent = response.status === 404 && (asked === 'HEAD' || said.includes('"NO_ROUTE"'))
    return absent ? [] : [route]
  })
  return (await Promise.all(found)).flat()
}

const always = ['GET /healthz', 'GET /readyz', 'GET /metrics']
const webhooks = Object.keys(routeRoles).filter((route) => routeRoles[route] === 'signed')
const own: Readonly<Record<string, readonly string[]>> = {
  receive: webhooks,
  // People of the simulated company are there in a simulation only.
  serve: Object.keys(routeRoles).filter(
    (route) => ![...webhooks, ...always, 'GET /api/v1/simulated-people'].includes(route)
  )
}

for (const role of ROLES)
  t.test(`a process of role ${role} has health, metrics and its own routes, and no others`, async (t) => {
    const running = await start(folder(t), role)
    t.teardown(() => running.close())
    t.same((await routesOf(running.url)).toSorted(), [...always, ...(own[role] ?? [])].toSorted())
    t.match(await (await fetch(`${running.url}/healthz`)).json(), { alive: true })
  })

/** A slash command as Slack signs it. */
function command(text: string) {
  const body = new URLSearchParams({
    command: '/reflex',
    text,
    team_id: 'T0SIM',
    user_id: 'UALICE',
    channel_id: 'C1',
    trigger_id: '1234.5678.abcdef',
    response_url: 'https://hooks.slack.com/commands/1'
  }).toString()
  return { method: 'POST', headers: signedHeaders(body, signingSecret), body }
}

t.test('what a process of role receive journalled, one of role decide decides', async (t) => {
  const cwd = folder(t)
  const receiving = await start(cwd, 'receive')
  t.teardown(() => receiving.close())
  const answered = await fetch(`${receiving.url}/slack/commands`, command('restart erp on dev'))
  t.equal(answered.status, 200, await answered.text())
  await t.rejects(
    start(cwd, 'decide'),
    { message: /another stackreflex \(pid \d+\) uses .*REFLEX_ROLES=decide/s },
    'one file is for one process, which is said with the roles that it was to have'
  )
  await receiving.close()

  const serving = await start(cwd, 'serve')
  t.teardown(() => serving.close())
  const list = async (path: string) => ((await (await fetch(serving.url + path)).json()) as { items: object[] }).items
  t.match(
    await list('/api/v1/events'),
    [{ type: 'stackreflex.slack.answered' }, { type: 'slack.command' }],
    'it was journalled'
  )
  t.same(await list('/api/v1/decisions'), [], 'and nobody has decided it')
  await serving.close()

  // No cluster answers, so it is asked again and again: somebody has taken it up.
  const deciding = await start(cwd, 'decide')
  t.teardown(() => deciding.close())
  await deciding.close()
  const journal = await openJournal({ path: join(cwd, '.data/journal.db') })
  t.teardown(() => journal.close())
  const taken = async () => {
    const [lane] = await journal.lanes({})
    return lane?.waiting ?? lane?.parked ?? (await journal.decisions({ limit: 1 })).at(0)?.reason
  }
  t.match(await until('it is taken up', taken), /\S/)
})

t.test('roles that are none are refused by name', async (t) => {
  for (const [roles, sentence] of [
    ['receive,recieve', /REFLEX_ROLES = "recieve": is not a role, did you mean 'receive'/],
    [' , ', /REFLEX_ROLES = " , ": names no role; allowed: receive, serve, decide, act, consume, schedule/]
  ] as const)
    await t.rejects(start(folder(t), roles), { name: 'StartError', message: sentence })
})

/** What each role loads of ours, by folder or file, that not every process needs. */
const parts: Readonly<Record<string, RegExp>> = {
  'the API': /src\/handlers\/(api|people|quota|stream|ui|serve)\.ts$/,
  webhooks: /src\/handlers\/webhook(s\/\w+)?\.ts$/,
  'clients of clouds': /src\/clients\/(openstack|nova|neutron|kubernetes)\//,
  questions: /src\/policies\/questions\.ts$/,
  workers: /src\/pipeline\/worker\.ts$/,
  "brokers' threads": /src\/process\/consume\.ts$/,
  'news for Slack': /src\/outbound\/slack\/news\.ts$/,
  'the simulated cloud': /\/sim\//
}
const loads: Readonly<Record<(typeof ROLES)[number], readonly string[]>> = {
  receive: ['webhooks'],
  serve: ['the API'],
  decide: ['clients of clouds', 'questions', 'workers'],
  act: ['clients of clouds', 'questions', 'workers'],
  consume: ["brokers' threads"],
  schedule: ['clients of clouds', 'questions', 'workers', 'news for Slack']
}

for (const role of ROLES)
  t.test(`a process of role ${role} loads nothing of another role`, async (t) => {
    const cwd = folder(t)
    const LOADED = join(cwd, 'loaded')
    const child = spawn(process.execPath, ['--import', resolve('test/process/loaded.ts'), resolve('src/server.ts')], {
      cwd,
      env: {
        PATH: process.env.PATH,
        HOME: cwd,
        LOADED,
        REFLEX_ROLES: role,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE
      },
      stdio: ['ignore', 'ignore', 'pipe']
    })
    const ended = once(child, 'exit')
    t.teardown(async () => {
      child.kill('SIGKILL')
      await ended
    })
    let said = ''
    for await (const chunk of child.stderr) {
      said += chunk
      if (/is up: /.test(said)) child.kill('SIGTERM')
    }
    await ended
    t.match(said, /is up: /)
    const loaded = readFileSync(LOADED, 'utf8').split('\n')
    const found = Object.keys(parts).filter((name) => loaded.some((url) => parts[name]!.test(url)))
    t.same(found, loads[role], said)
  })
