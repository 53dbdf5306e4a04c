import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { startGitlab } from '../../sim/gitlab/gitlab.ts'
import type { GitlabSecret } from '../../src/config/gitlab-secret.ts'
import { normaliseGitlab } from '../../src/events/gitlab.ts'
import { door, signing, token } from '../handlers/gitlab-door.ts'

async function listening(t: Test, secret: GitlabSecret) {
  const { app, journal } = await door(t, [secret], { now: Date.now })
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/webhooks/gitlab`
  return { url, journal }
}

/** A receiver that answers with these, the last one for ever. */
async function answering(t: Test, ...statuses: number[]) {
  const asked: { headers: Record<string, unknown> }[] = []
  const server = createServer((request, response) => {
    asked.push({ headers: request.headers })
    request.resume().on('end', () => response.writeHead(statuses.length > 1 ? statuses.shift()! : statuses[0]!).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.closeAllConnections())
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, asked }
}

for (const secret of [signing('s'), token])
  t.test(`a day of webhooks, authenticated by ${secret.kind}`, async (t) => {
    const { url, journal } = await listening(t, secret)
    const gitlab = startGitlab({ url, secret })
    await gitlab.push({ user: 'bob' })
    await gitlab.pipeline({ status: 'running' })
    await gitlab.merge({ project: 'infra/dns', branch: 'main', iid: 7, user: 'ada' })
    await gitlab.deployment({ environment: 'production' })
    await gitlab.tag({ tag: 'v1' })
    const last = await gitlab.release({ tag: 'v1' })
    await gitlab.send({ object_kind: 'note', object_attributes: { note: 'not for a journal' } })
    t.strictSame(
      gitlab.deliveries.map(({ statuses }) => statuses),
      Array(7).fill([200])
    )
    t.equal((await gitlab.resend(last)).ok, true)
    const rows = [...(await journal.events({ limit: 20 }))].reverse()
    t.match(
      rows.map(({ type, subject, ignored }) => [type, subject, ignored]),
      [
        ['gitlab.push', 'infra/live/-/tree/main', false],
        ['gitlab.pipeline', /^infra\/live\/-\/pipelines\/\d+$/, false],
        ['gitlab.merge_request.merge', 'infra/dns!7', false],
        ['gitlab.deployment', /^infra\/live\/-\/deployments\/\d+$/, false],
        ['gitlab.tag_push', 'infra/live/-/tags/v1', false],
        ['gitlab.release', 'infra/live/-/releases/v1', false],
        ['gitlab.note', null, true]
      ]
    )
    t.equal(rows.length, 7, 'what is sent again is known')
    t.equal(gitlab.disabled(), false)
  })

t.test('tries again under the same key, signed anew', async (t) => {
  const { url, asked } = await answering(t, 503, 500, 200)
  let now = Date.now()
  const gitlab = startGitlab({ url, secret: signing('s'), pauseMs: 1, now: () => (now += 1000) })
  const delivery = await gitlab.merge({ iid: 1 })
  t.match(delivery, { statuses: [503, 500, 200], ok: true })
  const values = (name: string) => new Set(asked.map(({ headers }) => headers[name])).size
  t.strictSame(
    ['idempotency-key', 'webhook-id', 'x-gitlab-event-uuid', 'webhook-timestamp', 'webhook-signature'].map(values),
    [1, 1, 1, 3, 3]
  )
  t.match(asked[0]!.headers, { 'x-gitlab-event': 'Merge Request Hook', 'user-agent': /^GitLab\// })
})

t.test('turns itself off after four failures, for longer each time, and a success forgets them', async (t) => {
  const { url, asked } = await answering(t, 401, 401, 401, 302, 401, 200)
  let now = 0
  const gitlab = startGitlab({ url, secret: token, now: () => now })
  for (let n = 0; n < 3; n++) await gitlab.push()
  t.equal(gitlab.disabled(), false)
  await gitlab.push()
  t.equal(gitlab.disabled(), true, 'a redirect is a failure too')
  t.match(await gitlab.push(), { statuses: [], ok: false })
  t.equal(asked.length, 4)
  now = 60_000
  t.equal(gitlab.disabled(), false)
  await gitlab.push()
  t.equal(gitlab.disabled(), true)
  now += 60_000
  t.equal(gitlab.disabled(), true, 'two minutes by now')
  now += 60_000
  t.equal((await gitlab.push()).ok, true)
  t.equal(gitlab.disabled(), false)
  const nobody = startGitlab({ url: 'http://127.0.0.1:1', secret: token, tries: 2, pauseMs: 1 })
  t.match(await nobody.push(), { statuses: [null, null], ok: false })
})

t.test('its payloads are what the product reads', async (t) => {
  const { url } = await answering(t, 200)
  const gitlab = startGitlab({ url, secret: token })
  const { body } = await gitlab.merge({ project: 'a/b', branch: 'stable', iid: 3, user: 'eve', title: 'T' })
  const batch = normaliseGitlab({ headers: {}, body: Buffer.from(body) }, { instance: 'x', now: Date.now() })
  t.match(batch, {
    events: [
      {
        source: '/gitlab/gitlab.sim',
        data: { state: 'merged', action: 'merge', branch: 'stable', user: 'eve', title: 'T', sha: /^[0-9a-f]{40}$/ }
      }
    ]
  })
})
