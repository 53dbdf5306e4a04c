import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startKubernetes } from '../../sim/kubernetes/kubernetes.ts'
import { doors, mergeStory, until } from './doors.ts'

async function world(t: Test) {
  const kubernetes = await startKubernetes({ rollMs: 300 })
  t.teardown(() => kubernetes.close())
  kubernetes.deployment('erp', 'erpnext', 3)
  const restarts = async () => kubernetes.requests.filter((one) => one.method === 'PATCH' && one.status === 200).length
  const folder = mkdtempSync(join(tmpdir(), 'reflex-kubeconfig-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, kubernetes.kubeconfig)
  return doors(t, { kubeconfig, restarts })
}

t.test('a merge, an approval in Slack by a second person, a restart', async (t) => mergeStory(t, await world(t)))

t.test('whoever GitLab says wrote it may not approve it, whomever the webhook names', async (t) => {
  const at = await world(t)
  const claimed = { project: 'apps/erpnext', branch: 'main', iid: 8, user: 'mallory', author: 'Alice.GitLab' }
  await at.gitlab.merge(claimed)
  const asked = await until('the approval', async () => {
    const text = await at.get('/api/v1/approvals?state=open')
    return (JSON.parse(text) as { items: { id: number; requesters: string[] }[] }).items[0]
  })
  t.same([...asked.requesters].sort(), ['alice', 'gitlab:mallory'])
  t.match(await at.post(`/api/v1/approvals/${asked.id}/approve`, 'alice', {}), { status: 403 })
  t.match(await at.post(`/api/v1/approvals/${asked.id}/approve`, 'bob', {}), { status: 200 })
  await until('the restart', async () => (await at.restarts()) === 1)
})

t.test('a webhook of what never happened, or of an unprotected branch, does nothing', async (t) => {
  const at = await world(t)
  const refusal = (wanted: RegExp) =>
    until(String(wanted), async () => wanted.test(await at.get('/api/v1/decisions?limit=5')))
  const delivery = await at.gitlab.merge({ project: 'apps/erpnext', branch: 'main', iid: 9, user: 'bob' })
  const body = JSON.parse(delivery.body) as { object_attributes: object }
  const invented = { ...body.object_attributes, id: 999, iid: 99, merge_commit_sha: 'f'.repeat(40) }
  await at.gitlab.send({ ...body, object_attributes: invented })
  t.ok(await refusal(/GitLab says otherwise than its webhook: there is no merge request 99/))
  at.api.unprotect('main')
  await at.gitlab.merge({ project: 'apps/erpnext', branch: 'main', iid: 10, user: 'bob' })
  t.ok(await refusal(/main of apps\/erpnext is not protected in GitLab/))
})

t.test('words in Slack: where it may not run it is refused, and unknown people get nothing', async (t) => {
  const at = await world(t)
  const { slack } = at
  const answered = async (user: string, words: string, wanted: RegExp) => {
    const answer = await slack.say(user, words)
    t.equal(answer.status, 200)
    // Slack waits three seconds: `npm run bench -- slack` measures it.
    t.comment(`${words} was answered in ${Math.round(answer.ms)} ms`)
    const said = () =>
      [answer.body, ...slack.replies.filter((one) => one.user === user).map((one) => one.text)].join('\n')
    t.match(await until(`${words}: ${wanted}`, () => wanted.test(said()) && said()), wanted)
  }
  await answered('UEVE', 'status', /UEVE|access|slack\.users/)
  await answered('UCAROL', 'status', /Now/)
  await answered('UALICE', 'help', /restart/)
  await answered('UALICE', 'restart erpnext on dev', /asked/i)
  const reason = await until('the refusal', async () => {
    const text = await at.get('/api/v1/decisions?limit=5')
    return /refused: erpnext is not placed on dev/.test(text) && text
  })
  t.match(reason, /placement: prod/)
  t.equal(await at.restarts(), 0)
  await answered('UALICE', 'stop prod odd things', /stopped/)
  await answered('UBOB', 'resume prod', /prod/)
})

t.test('a restart through the API: another person has to let it through', async (t) => {
  const at = await world(t)
  const nowhere = await at.post('/api/v1/restarts', 'alice', { service: 'erpnext', cluster: 'dev' })
  t.match(nowhere, {
    status: 200,
    body: { decisions: [{ outcome: 'skip', reason: /^refused: erpnext is not placed on dev/ }] }
  })
  const asked = await at.post('/api/v1/restarts', 'alice', { service: 'erpnext', cluster: 'prod', reason: 'it hangs' })
  t.match(asked, {
    status: 200,
    body: {
      decisions: [{ outcome: 'act', reason: /by alice \(it hangs\)/, verdict: { verdict: 'hold', rule: 'approval' } }]
    }
  })
  const [{ approval }] = (asked.body as { decisions: [{ approval: number }] }).decisions
  const own = await at.post(`/api/v1/approvals/${approval}/approve`, 'alice', {})
  t.match(own, { status: 403, body: { error: { code: 'REFUSED', message: /asked for this/ } } })
  t.equal(await at.restarts(), 0)
  t.match(await at.post(`/api/v1/approvals/${approval}/approve`, 'bob', {}), { status: 200, body: { missing: 0 } })
  await until('the restart', async () => (await at.restarts()) === 1)
})
