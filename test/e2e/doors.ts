import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { startGitlabApi } from '../../sim/gitlab/api.ts'
import { startGitlab } from '../../sim/gitlab/gitlab.ts'
import { startSlack } from '../../sim/slack/slack.ts'
import { startProduct } from './running.ts'

const gitlabSecret = { kind: 'token', value: 'a-token-of-the-webhook' } as const
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const signingSecret = 'a-signing-secret-of-slack'

/**
 * The product with all its doors: simulated clouds, a GitLab and a Slack, and the Kubernetes of this kubeconfig file, where
 * `erp/erpnext` runs. `restarts`: how often its pods were told to restart.
 */
export async function doors(
  t: Test,
  { kubeconfig, restarts }: { readonly kubeconfig: string; readonly restarts: () => Promise<number> }
) {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-doors-'))
  const sim = await startSim({ seed: 1 })
  t.teardown(async () => {
    await sim.close()
    rmSync(folder, { recursive: true })
  })
  const api = await startGitlabApi()
  t.teardown(() => api.close())
  let target = ''
  const slack = await startSlack({ signingSecret, target: () => target })
  t.teardown(() => slack.close())
  slack.userGroups.set('SONCALL', ['UCAROL'])
  writeFileSync(join(folder, 'clouds.yaml'), JSON.stringify(sim.clouds))
  writeFileSync(
    join(folder, 'reflex.yaml'),
    `clusters:
  dev: { cloud: dev, tier: bursty, kubernetes: { kubeconfig: ${kubeconfig} } }
  prod:
    cloud: prod
    tier: change-controlled
    windows: [{ name: all, always: true }]
    kubernetes: { kubeconfig: ${kubeconfig}, context: admin }
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
tokens:
  - { actor: alice, groups: [sre], sha256: ${sha256('alice-token')} }
  - { actor: bob, groups: [sre], sha256: ${sha256('bob-token')} }
access: { operate: [sre] }
approvals: { tiers: { change-controlled: { required: 1, groups: [sre] } } }
gitlab:
  secrets: [{ token: ${gitlabSecret.value} }]
  api: { url: '${api.url}', token: ${api.token} }
  users: { alice.gitlab: alice }
slack:
  signingSecrets: [${signingSecret}]
  botToken: xoxb-sim
  team: T0SIM
  channel: C0SIM
  users:
    UALICE: { actor: alice, groups: [sre] }
    UBOB: { actor: bob, groups: [sre] }
  userGroups: { SONCALL: [sre] }
  apiUrl: ${slack.apiUrl}
  responseHosts: [127.0.0.1, localhost]
log: { level: ${process.env.LOG ?? 'fatal'} }
`
  )
  const env = { OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml'), PORT: '0' }
  const product = await startProduct(env, folder, () => {})
  t.teardown(() => product.close())
  target = product.url
  const gitlab = startGitlab({ url: `${target}/webhooks/gitlab`, secret: gitlabSecret, api })
  const get = async (path: string) => (await fetch(target + path)).text()
  /** As the person of this token. */
  const post = async (path: string, who: 'alice' | 'bob', body: object) => {
    const headers = { authorization: `Bearer ${who}-token`, 'content-type': 'application/json' }
    const answer = await fetch(target + path, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: answer.status, body: await answer.json() }
  }
  return { folder, slack, gitlab, api, restarts, get, post }
}

/** Polls until it is so, for 30 seconds. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>
): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await look()
    if (found) return found
    await sleep(50)
  }
  throw new Error(`${what} did not come about`)
}

/** A merge restarts the service once a second person approved it in Slack, and both hear what came of it. */
export async function mergeStory(t: Test, at: Awaited<ReturnType<typeof doors>>): Promise<void> {
  const { slack, gitlab } = at
  const delivery = await gitlab.merge({ project: 'apps/erpnext', branch: 'main', iid: 7, user: 'alice.gitlab' })
  t.ok(delivery.ok, 'GitLab has its 200')
  const question = () => slack.messages('C0SIM').find(({ text }) => /^Approval \d+ open/.test(text))
  const message = await until('the question in Slack', question)
  t.match(JSON.stringify(message.blocks), /erpnext/)
  t.equal(await at.restarts(), 0, 'nothing is restarted before that')

  await slack.click('UALICE', message, 'approve')
  await until('the refusal', () =>
    slack.replies.find((one) => one.user === 'UALICE' && /asked for this/.test(one.text))
  )
  t.equal(await at.restarts(), 0, 'who merged it cannot let it through')

  await slack.click('UBOB', message, 'approve')
  await until('the restart', async () => (await at.restarts()) === 1)
  await until('the message changed', () =>
    slack.messages('C0SIM').some(({ ts, updates }) => ts === message.ts && updates > 0)
  )
  const text = await until('the outcome in explain', async () => {
    const explained = await at.get('/api/v1/explain?since=10m&format=text')
    return /3 of 3 available/.test(explained) && explained
  })
  t.match(text, /bob .*approve/)
  await until('the outcome in Slack', () => /3 of 3 available/.test(JSON.stringify(slack.messages('C0SIM'))))

  await gitlab.resend(delivery)
  await sleep(500)
  t.equal(await at.restarts(), 1, 'the same delivery again is the same restart')
  t.ok((await gitlab.send(JSON.parse(delivery.body))).ok, "the group's webhook tells it too")
  await until('the second telling in the journal', async () =>
    /told again/.test(await at.get('/api/v1/events?type=gitlab.merge_request.merge'))
  )
  t.equal(await at.restarts(), 1, 'what happened once restarts once')

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
