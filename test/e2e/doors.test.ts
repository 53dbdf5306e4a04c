import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { startGitlab } from '../../sim/gitlab.ts'
import { startKubernetes } from '../../sim/kubernetes.ts'
import { startSlack } from '../../sim/slack.ts'
import { start } from '../../src/server.ts'

const gitlabSecret = { kind: 'token', value: 'a-token-of-the-webhook' } as const
const signingSecret = 'a-signing-secret-of-slack'

async function world(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-doors-'))
  const [sim, kubernetes] = await Promise.all([startSim({ seed: 1 }), startKubernetes({ rollMs: 300 })])
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const target = `http://127.0.0.1:${port}`
  const slack = await startSlack({ signingSecret, target })
  const gitlab = startGitlab({ url: `${target}/webhooks/gitlab`, secret: gitlabSecret })
  kubernetes.deployment('erp', 'erpnext', 3)
  writeFileSync(join(folder, 'clouds.yaml'), JSON.stringify(sim.clouds))
  writeFileSync(join(folder, 'kubeconfig'), kubernetes.kubeconfig)
  writeFileSync(
    join(folder, 'reflex.yaml'),
    `clusters:
  dev: { cloud: dev, tier: bursty, kubernetes: { kubeconfig: ${join(folder, 'kubeconfig')} } }
  prod:
    cloud: prod
    tier: change-controlled
    windows: [{ name: all, always: true }]
    kubernetes: { kubeconfig: ${join(folder, 'kubeconfig')}, context: admin }
placement: { erpnext: [prod] }
policies:
  workload-actions:
    mode: enforce
    clusters: { prod: approve }
    settings:
      services: { erpnext: { namespace: erp, name: erpnext } }
      rules:
        - name: deploy
          on: gitlab.merge_request.merge
          when: event.project == "apps/erpnext" && event.branch == "main"
          do: restart
          service: erpnext
approvals: { tiers: { change-controlled: { required: 1, groups: [sre] } } }
gitlab:
  secrets: [{ token: ${gitlabSecret.value} }]
  users: { alice.gitlab: alice }
slack:
  signingSecrets: [${signingSecret}]
  botToken: xoxb-sim
  team: T0SIM
  channel: C0SIM
  users:
    UALICE: { actor: alice, groups: [sre] }
    UBOB: { actor: bob, groups: [sre] }
  apiUrl: ${slack.apiUrl}
  responseHosts: [127.0.0.1, localhost]
log: { level: ${process.env.LOG ?? 'fatal'} }
`
  )
  const env = { OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml'), PORT: String(port) }
  const product = await start(env, folder, () => {})
  t.teardown(async () => {
    await product.close()
    await Promise.all([slack.close(), kubernetes.close(), sim.close()])
    rmSync(folder, { recursive: true })
  })
  const restartedAt = () => {
    const patches = kubernetes.requests.filter((one) => one.method === 'PATCH' && one.status === 200)
    return patches.map((one) => JSON.stringify(one.body))
  }
  const get = async (path: string) => (await fetch(target + path)).text()
  return { folder, product, slack, gitlab, kubernetes, restartedAt, get }
}

async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await look()
    if (found) return found
    await sleep(50)
  }
  throw new Error(`${what} did not come about`)
}

t.test(
  'a merge restarts the service once a second person approved it in Slack, and both hear what came of it',
  async (t) => {
    const at = await world(t)
    const { slack, gitlab } = at
    const delivery = await gitlab.merge({ project: 'apps/erpnext', branch: 'main', iid: 7, user: 'alice.gitlab' })
    t.ok(delivery.ok, 'GitLab has its 200')
    const message = await until('the question in Slack', () => slack.messages('C0SIM')[0])
    t.match(JSON.stringify(message.blocks), /erpnext/)
    t.same(at.restartedAt(), [], 'nothing is restarted before that')

    await slack.click('UALICE', message, 'approve')
    await until('the refusal', () =>
      slack.replies.find((one) => one.user === 'UALICE' && /asked for this/.test(one.text))
    )
    t.same(at.restartedAt(), [], 'who merged it cannot let it through')

    await slack.click('UBOB', message, 'approve')
    await until('the restart', () => at.restartedAt().length === 1)
    await until('the message changed', () => slack.messages('C0SIM')[0]!.updates > 0)
    const text = await until('the outcome in explain', async () => {
      const explained = await get(at, '/api/v1/explain?since=10m&format=text')
      return /3 of 3 available/.test(explained) && explained
    })
    t.match(text, /bob .*approve/)
    await until('the outcome in Slack', () => /3 of 3 available/.test(JSON.stringify(slack.messages('C0SIM'))))

    await gitlab.resend(delivery)
    await sleep(500)
    t.equal(at.restartedAt().length, 1, 'the same delivery again is the same restart')

    const kept = readdirSync(join(at.folder, '.data')).map((name) =>
      readFileSync(join(at.folder, '.data', name), 'latin1')
    )
    t.ok(
      kept.some((text) => text.includes('gitlab.merge_request.merge')),
      'the journal was read'
    )
    for (const secret of [gitlabSecret.value, signingSecret, 'xoxb-sim', '/actions/T0SIM/'])
      t.notOk(
        kept.some((text) => text.includes(secret)),
        `${secret} is not in it`
      )
  }
)

t.test('words in Slack: where it may not run it is refused, and unknown people get nothing', async (t) => {
  const at = await world(t)
  const { slack } = at
  const answered = async (user: string, words: string, wanted: RegExp) => {
    const answer = await slack.say(user, words)
    t.equal(answer.status, 200)
    t.ok(answer.ms < 3000)
    const said = () =>
      [answer.body, ...slack.replies.filter((one) => one.user === user).map((one) => one.text)].join('\n')
    t.match(await until(`${words}: ${wanted}`, () => wanted.test(said()) && said()), wanted)
  }
  await answered('UEVE', 'status', /UEVE|access|slack\.users/)
  await answered('UALICE', 'help', /restart/)
  await answered('UALICE', 'restart erpnext on dev', /asked/i)
  const reason = await until('the refusal', async () => {
    const text = await get(at, '/api/v1/decisions?limit=5')
    return /refused: erpnext is not placed on dev/.test(text) && text
  })
  t.match(reason, /placement: prod/)
  t.same(at.restartedAt(), [])
  await answered('UALICE', 'stop prod odd things', /stopped/)
  await answered('UBOB', 'resume prod', /prod/)
})

const get = (at: Awaited<ReturnType<typeof world>>, path: string) => at.get(path)
