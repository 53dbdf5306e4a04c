import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startKubernetes } from '../../../sim/kubernetes/kubernetes.ts'
import { connectKubernetes, KubernetesError } from '../../../src/clients/kubernetes/kubernetes.ts'
import { createShares } from '../../../src/pipeline/shares.ts'

const fake = await startKubernetes()
t.teardown(() => fake.close())
fake.deployment('erp', 'erpnext', 2)

/** A kubeconfig with a plug-in of these lines of shell; `started` is a line for each of its runs. */
function plugin(t: Test, lines: string) {
  const folder = t.testdir({})
  const program = join(folder, 'login.sh')
  writeFileSync(program, `#!/bin/sh\necho $$ >> ${folder}/started\n${lines}\n`)
  chmodSync(program, 0o755)
  const config = JSON.parse(fake.kubeconfig)
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: './login.sh',
    interactiveMode: 'IfAvailable'
  }
  config.users.push({ name: 'plugin', user: { exec } })
  config.contexts.push({ name: 'plugin', context: { cluster: 'fake', user: 'plugin' } })
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, JSON.stringify(config))
  const started = () => {
    try {
      return readFileSync(join(folder, 'started'), 'utf8').trim().split('\n')
    } catch {
      return []
    }
  }
  return { source: { kubeconfig, context: 'plugin' }, started, folder }
}

const credential = (token: string) =>
  `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${token}"}}'`

/** Process groups that have anybody left in them. */
const alive = (groups: readonly string[]) => {
  const all = execFileSync('ps', ['-eo', 'pgid,stat'], { encoding: 'utf8' }).trim().split('\n').slice(1)
  const living = all.map((line) => line.trim().split(/\s+/)).filter(([, stat]) => !stat?.startsWith('Z'))
  return groups.filter((group) => living.some(([pgid]) => pgid === group))
}

async function refusal(call: Promise<unknown>): Promise<KubernetesError> {
  const error = await call.then(
    () => new Error('expected a refusal'),
    (thrown) => thrown
  )
  if (error instanceof KubernetesError) return error
  throw error
}

const open = (t: Test, source: { kubeconfig: string; context?: string }, timeoutMs: number, breaker = {}) => {
  const one = connectKubernetes('prod', source, { timeoutMs, breaker })
  t.teardown(() => one.close())
  return one
}
const read = (kubernetes: ReturnType<typeof connectKubernetes>) =>
  kubernetes.getWorkload('Deployment', 'erp', 'erpnext')
const kubeconfig = join(t.testdir({}), 'kubeconfig')
writeFileSync(kubeconfig, fake.kubeconfig)
// The library is loaded with the first call, which takes seconds on a busy machine: that is not what is tested here.
await read(open(t, { kubeconfig }, 60_000))

t.test('a plug-in that waits is killed with all that it has started, and the call is over', async (t) => {
  const { source, started } = plugin(t, 'sleep 600 & sleep 600 & read answer < /dev/zero; sleep 600')
  const kubernetes = open(t, source, 1000)
  const errors = await Promise.all(Array.from({ length: 8 }, () => refusal(read(kubernetes))))
  for (const error of errors) {
    t.match(error, { code: 'credentials', retryable: true, unknownOutcome: false })
    t.match(
      error.message,
      /login\.sh had not ended after 1000 ms, and was killed .*: does it wait for somebody to sign in\?/
    )
  }
  const runs = started()
  t.equal(runs.length, 1, 'one run for all who wait')
  for (let tries = 0; alive(runs).length > 0 && tries < 100; tries++) await sleep(50)
  t.same(alive(runs), [], 'nothing of it is left')
})

t.test('it is left alone after five failures, which its state says by name', async (t) => {
  const { source, started } = plugin(t, 'exit 1')
  const kubernetes = open(t, source, 20_000, { openMs: 60_000 })
  for (let n = 0; n < 5; n++) t.match(await refusal(read(kubernetes)), { code: 'credentials' })
  t.match(await refusal(read(kubernetes)), { code: 'left_alone', retryable: true })
  t.equal(started().length, 5, 'and not run any more')
  const { open: isOpen, sentence } = kubernetes.breaker()
  t.equal(isOpen, true)
  t.match(sentence, /^kubernetes of cluster prod failed 5 times in a row \(last: .*login\.sh ended with exit code 1/)
})

t.test('a program that a plug-in leaves behind keeps nobody waiting', async (t) => {
  const { source, started } = plugin(t, `${credential('admin-token')}\nsleep 600 &`)
  t.match(await read(open(t, source, 20_000)), { name: 'erpnext' })
  for (let tries = 0; alive(started()).length > 0 && tries < 100; tries++) await sleep(50)
  t.same(alive(started()), [])
})

t.test('what it says is told without what could be a token, and a flood is cut', async (t) => {
  const secret = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJrdWJl'
  const loud = await refusal(read(open(t, plugin(t, `echo "denied for ${secret}" >&2; exit 3`).source, 20_000)))
  t.match(loud.message, /ended with exit code 3: denied for …$/)
  const flood = await refusal(read(open(t, plugin(t, 'yes').source, 20_000)))
  t.match(flood.message, /writes without end/)
})

t.test('a plug-in gets our environment without our secrets', async (t) => {
  const secrets = { REFLEX_TOKEN: 'one', OS_PASSWORD: 'two', MY_BOT: 'xoxb-three', KEPT: 'four' }
  Object.assign(process.env, secrets)
  t.teardown(() => {
    for (const name of Object.keys(secrets)) delete process.env[name]
  })
  const { source, folder } = plugin(t, `env > "$(dirname "$0")/env"; ${credential('admin-token')}`)
  const kubernetes = connectKubernetes('prod', source, { timeoutMs: 20_000, secrets: ['xoxb-three'] })
  t.teardown(() => kubernetes.close())
  t.ok(await read(kubernetes))
  const env = readFileSync(join(folder, 'env'), 'utf8')
  t.match(env, /^KEPT=four$/m)
  t.match(env, /^PATH=/m)
  t.notMatch(env, /REFLEX_|OS_PASSWORD|xoxb-three/)
  const info = /^KUBERNETES_EXEC_INFO=(.*)$/m.exec(env)?.[1]
  t.same(JSON.parse(info!), {
    kind: 'ExecCredential',
    apiVersion: 'client.authentication.k8s.io/v1',
    spec: { interactive: false }
  })
})

t.test('a kubeconfig or a token that is a pipe nobody writes into is refused at once', async (t) => {
  const folder = t.testdir({})
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const source = { kubeconfig: join(folder, 'pipe') }
  t.match((await refusal(read(open(t, source, 20_000)))).message, /pipe cannot be read: it is not an ordinary file/)
  const config = JSON.parse(fake.kubeconfig)
  config.users[0].user = { tokenFile: 'pipe' }
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config))
  const token = await refusal(read(open(t, { kubeconfig: join(folder, 'kubeconfig') }, 20_000)))
  t.match(token.message, /user 'admin': tokenFile: .*pipe cannot be read: it is not an ordinary file/)
})

t.test('work that is over ends its calls, and its place is free', async (t) => {
  fake.refuse({ hangMs: 4000, times: 1 })
  const kubernetes = open(t, { kubeconfig }, 25_000)
  const shares = createShares(2)
  const before = fake.requests.length
  await t.rejects(
    shares.run(1, 700, () => read(kubernetes)),
    { name: 'TimeOver', message: /it asked kubernetes of cluster prod$/ }
  )
  t.equal(fake.requests.length, before + 1)
  t.same(shares.parties(), [])
  t.match(kubernetes.breaker(), { failures: 0 }, 'no evidence against the API server')
})
