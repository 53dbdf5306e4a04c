import t, { type Test } from 'tap'
import { gitlab } from '../../src/handlers/webhooks/gitlab.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { workloadActions } from '../../src/policies/workload-actions/policy.ts'
import type { WorkloadSettings } from '../../src/policies/workload-actions/settings.ts'
import { build } from './build.ts'
import { door, fixture, received, signedHeaders, signing, token, tokenHeaders } from './gitlab-door.ts'

const settings: WorkloadSettings = {
  services: { dns: { namespace: 'dns', kind: 'Deployment', name: 'dns' } },
  rules: ['merge_request.merge', 'pipeline', 'push', 'tag_push', 'deployment', 'release'].map((on) => ({
    name: on.replaceAll('_', '-'),
    on: `gitlab.${on}`,
    when: 'event.project == "infra/dns"',
    do: 'restart',
    service: 'dns',
    maxAge: '24h',
    deadline: '10m'
  })),
  placement: { dns: ['dev'] },
  clusterNames: ['dev']
}

/** The door in front of the policy: what lanes a delivery wakes. */
async function woken(t: Test) {
  const policies = [{ policy: workloadActions, settings, mode: 'enforce', clusters: {} }] as never
  const lanes: number[] = []
  let clock = Date.parse('2026-11-02T13:00:00Z')
  const at = await door(t, [token], {
    now: () => clock,
    receive: async (batch) => void lanes.push((await receive({ journal: at.journal, policies }, batch)).woke)
  })
  const say = async (id: string, body: object) => {
    clock += 3000
    const answer = await at.post(JSON.stringify(body), tokenHeaders(id))
    t.equal(answer.statusCode, 200, id)
    return lanes.at(-1)
  }
  return {
    ...at,
    say,
    passTime: (ms: number) => {
      clock += ms
    }
  }
}
const body = (name: string) => JSON.parse(fixture(name).toString())
const changed = (name: string, its: object) => {
  const whole = body(name)
  return { ...whole, object_attributes: { ...whole.object_attributes, ...its } }
}

t.test('what two webhooks tell is one reaction, and both deliveries are facts', async (t) => {
  for (const name of ['merge_request-merge', 'pipeline', 'push', 'tag_push', 'deployment', 'release']) {
    const { say, journal } = await woken(t)
    t.equal(await say('of-the-project', body(name)), 1, name)
    t.equal(await say('of-the-group', body(name)), 0, `${name}, told by the group's webhook as well`)
    const [first] = (await journal.events({ limit: 10 })).toReversed()
    t.match(first, { id: 'gitlab/of-the-project', ignored: false })
    t.match(await journal.event('gitlab/of-the-group'), {
      ignored: true,
      subject: first!.subject,
      reason: `told again: this happened once and is event ${first!.seq}, which another delivery told before`
    })
    t.equal((await journal.lanes({})).length, 1)
    for (const id of ['of-the-project', 'of-the-group']) t.equal(await say(id, body(name)), 0, `${id} tries again`)
    t.equal((await journal.counts()).events, 2)
  }
})

t.test('told in whatever order, with whatever time', async (t) => {
  const { say } = await woken(t)
  t.equal(await say('a', changed('merge_request-merge', {})), 1)
  t.equal(
    await say('b', changed('merge_request-update', { updated_at: '2026-11-02 12:55:14 UTC' })),
    0,
    'no rule on it'
  )
  t.equal(await say('c', changed('merge_request-merge', { updated_at: '2026-11-02 12:55:15 UTC' })), 0)
  t.equal(await say('d', changed('pipeline', { status: 'running', finished_at: null })), 1)
  t.equal(await say('e', changed('pipeline', {})), 1)
  t.equal(await say('f', changed('pipeline', { status: 'running', finished_at: null })), 0)
  t.equal(await say('g', changed('pipeline', {})), 0)
})

t.test('what happens once more is another happening', async (t) => {
  const { say } = await woken(t)
  t.equal(await say('a', changed('pipeline', {})), 1)
  t.equal(await say('b', changed('pipeline', { finished_at: '2026-11-02 14:00:00 UTC' })), 1, 'a job was tried again')
  t.equal(await say('c', changed('pipeline', { id: 32 })), 1)
  t.equal(await say('d', changed('merge_request-merge', { iid: 42, id: 100 })), 1)

  const [one, two] = ['1f'.repeat(20), '2e'.repeat(20)]
  const move = (before: string, after: string) => ({ ...body('tag_push'), before, after, checkout_sha: after })
  t.equal(await say('e', move(one, two)), 1)
  t.equal(await say('f', move(one, two)), 0, 'the other webhook')
  t.equal(await say('g', move(two, one)), 1, 'back')
  t.equal(await say('h', move(two, one)), 0)
  t.equal(await say('i', move(one, two)), 1, 'and there again')
  t.equal(await say('j', move(one, two)), 0)
})

t.test('what carries no time has that of its arrival, and a later try of it is no second event', async (t) => {
  const { say, journal, passTime } = await woken(t)
  await say('a', body('tag_push'))
  passTime(60_000)
  t.equal(await say('a', body('tag_push')), 0)
  t.strictSame(
    (await journal.events({ limit: 10 })).map(({ id, time }) => `${id} ${time}`),
    ['gitlab/a 2026-11-02T13:00:03.000Z']
  )
})

t.test('who knows the secret of one project speaks of no other', async (t) => {
  const of = (project: string) => ({ ...body('pipeline'), project: { id: 9, path_with_namespace: project } })
  for (const secret of [token, signing('a')]) {
    const { post, count } = await door(t, [
      { ...secret, projects: ['infra/dns', 'apps/*'] },
      { ...(secret === token ? { kind: 'token' as const, value: 'another-token' } : signing('b')), projects: ['eve/x'] }
    ])
    const send = async (id: string, project: string) => {
      const raw = JSON.stringify(of(project))
      const headers = secret === token ? tokenHeaders(id) : signedHeaders(Buffer.from(raw), secret, { id })
      return post(raw, headers)
    }
    for (const project of ['infra/dns', 'apps/erpnext', 'apps/more/deep'])
      t.equal((await send(project.replaceAll('/', '-'), project)).statusCode, 200, project)
    for (const project of ['infra/dns2', 'infra', 'apps', 'appsx/y', 'eve/x', 'eve/apps/x']) {
      const answer = await send('other', project)
      t.not(answer.statusCode, 200, project)
      if (project.includes('/'))
        t.match(answer.json(), { error: { message: /its secret is not for project/ } }, project)
    }
    t.equal(await count(), 3)
  }
})

t.test('the address may end in /', async (t) => {
  const { app, journal, metrics } = await door(t, [token])
  await app.close()
  const take = received(journal)
  const whole = build(t, {
    metrics,
    webhooks: {
      senders: [gitlab({ secrets: () => [token] })],
      receive: async (_sender, batch) => take(batch).then(() => ({ appended: 1 }))
    }
  })
  const post = { method: 'POST', url: '/webhooks/gitlab/', payload: fixture('push') } as const
  t.equal((await whole.inject({ ...post, headers: tokenHeaders('a') })).statusCode, 200)
  t.equal((await whole.inject(post)).statusCode, 401, 'and asks for the same secret')
})

t.test('one project never answers for another', async (t) => {
  const { say } = await woken(t)
  const of = (more: object) => ({ ...body('pipeline'), project: { ...body('pipeline').project, ...more } })
  t.equal(await say('a', of({})), 1)
  t.equal(await say('b', of({ id: 8 })), 1, 'deleted, and made anew under the same path')
  t.equal(await say('c', of({ web_url: 'https://git.example.net/infra/dns' })), 1, 'of another GitLab')
})
