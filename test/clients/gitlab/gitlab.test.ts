import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { startGitlabApi } from '../../../sim/gitlab/api.ts'
import { createGitlab } from '../../../src/clients/gitlab/gitlab.ts'
import type { GitlabData } from '../../../src/events/event.ts'
import type { Tools } from '../../../src/policies/shared/tools.ts'
import { loadGitlab } from '../../../src/policies/workload-actions/questions/gitlab.ts'

t.test('reads by project and name, whatever signs are in them', async (t) => {
  const sim = await startGitlabApi()
  const api = createGitlab(sim)
  t.teardown(() => Promise.all([sim.close(), api.close()]))
  sim.happened({ ...release('v 1/ä'), object_kind: 'release' })
  t.match(await api.release('a/b', 'v 1/ä'), { author: { username: 'carol' } })
  t.equal(await api.release('a/b', 'v2'), null)
  t.match(await api.branch('a/b', 'feature/#1'), { protected: true })
  t.match(sim.requests, [/^GET \/api\/v4\/projects\/a%2Fb\/releases\/v%201%2F%C3%A4$/, /v2$/, /feature%2F%231$/])
})

t.test('what is no answer says what, and whether to try again', async (t) => {
  const sim = await startGitlabApi()
  const api = createGitlab(sim)
  t.teardown(() => Promise.all([sim.close(), api.close()]))
  const refused = createGitlab({ ...sim, token: 'another-token' })
  t.teardown(() => refused.close())
  await t.rejects(refused.branch('a/b', 'main'), {
    retryable: false,
    message: /GitLab GET projects\/a\/b\/repository\/branches\/main: 401: is the token of gitlab.api in force/
  })
  sim.fail(1, 503)
  await t.rejects(api.branch('a/b', 'main'), { message: /503/, retryable: true, status: 503 } as never)
  sim.fail(1, 302)
  await t.rejects(
    api.branch('a/b', 'main'),
    { message: /302/, retryable: false, status: 302 } as never,
    'no redirect is followed'
  )
  await sim.close()
  await t.rejects(api.branch('a/b', 'main'), { retryable: true, status: null } as never)
})

t.test('something else that answers there is not believed', async (t) => {
  const server = createServer((_, answer) => answer.end('<html>'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const api = createGitlab({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, token: 'a-token' })
  t.teardown(() => {
    api.close()
    server.close()
  })
  await t.rejects(api.mergeRequest('a/b', 1), { message: /no JSON; is something else answering at gitlab.api.url/ })
})

const release = (tag: string) => ({ project: { path_with_namespace: 'a/b' }, user: { username: 'carol' }, tag })
const sha = 'a'.repeat(40)
const merge = {
  ...{ project: { path_with_namespace: 'a/b' }, user: { username: 'carol' }, object_kind: 'merge_request' },
  object_attributes: { iid: 7, state: 'merged', target_branch: 'main', merge_commit_sha: sha }
}

t.test('what a webhook claims is compared with what GitLab says', async (t) => {
  const sim = await startGitlabApi()
  const api = createGitlab(sim)
  t.teardown(() => Promise.all([sim.close(), api.close()]))
  sim.happened(merge, 'alice')
  const pipeline = { id: 31, ref: 'main', sha, status: 'success' }
  sim.happened({ ...merge, object_kind: 'pipeline', user: { username: 'dora' }, object_attributes: pipeline })
  const pushed = { ref: 'refs/heads/main', after: 'b'.repeat(40), user_username: 'erin' }
  sim.happened({ project: merge.project, object_kind: 'push', ...pushed })
  sim.happened({
    project: merge.project,
    object_kind: 'deployment',
    deployment_id: 5,
    status: 'success',
    environment: 'production',
    user: { username: 'dora' }
  })
  const ask = (data: Partial<GitlabData>, subject: string | null = null) => {
    const none = { tag: null, branch: null, sha: null, iid: null, state: null }
    const row = { subject, data: { kind: 'gitlab', project: 'a/b', ...none, ...data } }
    const tools = { gitlab: () => api, journal: { eventAt: async () => row } } as unknown as Tools
    return loadGitlab({ id: 'x', time: 't' }, tools)
  }
  const merged = { object: 'merge_request', iid: 7, branch: 'main', sha }
  t.same(await ask(merged), { against: null, people: ['alice', 'carol'], protected: true })
  t.match(await ask({ ...merged, iid: 8 }), { against: 'there is no merge request 8 in a/b' })
  t.match(await ask({ ...merged, branch: 'prod' }), { against: 'a/b!7 was merged to main, not to prod' })
  t.match(await ask({ ...merged, sha: 'c'.repeat(40) }), { against: /^a\/b!7 did not bring c/ })
  const at = 'a/b/-/pipelines/31'
  const run = { object: 'pipeline', iid: 3, branch: 'main', sha, state: 'success' }
  t.same((await ask(run, at))!.people, ['dora', 'alice', 'carol'], 'whoever started it, and whoever brought what runs')
  t.match(await ask({ ...run, state: 'failed' }, at), { against: 'pipeline 31 is success, not failed' })
  t.match(await ask({ ...run, branch: 'prod' }, at), { against: 'pipeline 31 is of main, not of prod' })
  t.same((await ask({ object: 'push', branch: 'main', sha: 'b'.repeat(40) }))!.people, ['erin'])
  t.same((await ask({ object: 'push', branch: 'main', sha: 'c'.repeat(40) }))!.people, [], 'nobody pushed that')
  const deployed = { object: 'deployment', environment: 'production', state: 'success' }
  t.match(await ask(deployed, 'a/b/-/deployments/5'), { against: null, people: ['dora'], protected: null })
  t.match(await ask({ ...deployed, environment: 'test' }, 'a/b/-/deployments/5'), { against: /is to production/ })
  sim.unprotect('main')
  t.match(await ask(merged), { protected: false })
})
