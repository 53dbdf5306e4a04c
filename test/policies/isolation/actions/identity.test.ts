import t from 'tap'
import type { Result } from '../../../../src/core/action.ts'
import { isolationWorld } from './world.ts'

const reason = (result: Result) => ('reason' in result ? result.reason : result.note)

t.test('a grant names one holder and one scope', async (t) => {
  const { performing } = await isolationWorld(t)
  for (const grant of [
    { userId: 'u', groupId: 'g', projectId: 'p' },
    { userId: 'u', projectId: 'p', domainId: 'd' },
    { userId: 'u' },
    { userId: 'u', system: true, inherited: true }
  ])
    await t.rejects(
      performing.attempt('role-revoke', { cloud: 'admin', roleId: 'r', ...grant } as never),
      /a grant names one user or group/
    )
})

t.test('a role that goes takes the user’s credentials of that project along', async (t) => {
  const { sim, open, performing } = await isolationWorld(t)
  const user = [...sim.state.users.values()].find(({ name }) => name === 'reflex')!
  const dev = [...sim.state.projects.values()].find(({ name }) => name === 'dev')!
  const roles = [...sim.state.roles.values()]
  t.equal(sim.state.applicationCredentials.size, 1)
  const roleId = roles.find(({ name }) => name === 'reader')!.id
  const result = await performing.perform('role-revoke', { cloud: 'admin', userId: user.id, projectId: dev.id, roleId })
  t.equal(result.outcome, 'changed', reason(result))
  t.equal(sim.state.applicationCredentials.size, 0)
  t.match(
    await open('dev-appcred')
      .projectId()
      .catch((error: unknown) => error),
    { code: 'authentication' }
  )
  t.equal((await performing.undo(result)).outcome, 'changed')
  t.equal(sim.state.applicationCredentials.size, 0, 'they do not come back')
})

t.test('a grant to somebody who is gone by now cannot be given again', async (t) => {
  const { sim, performing } = await isolationWorld(t)
  const dev = [...sim.state.projects.values()].find(({ name }) => name === 'dev')!
  const roleId = [...sim.state.roles.keys()][0]!
  const input = { cloud: 'admin', userId: 'gone', projectId: dev.id, roleId }
  t.equal((await performing.perform('role-revoke', input)).outcome, 'unchanged')
  t.match(await performing.perform('role-grant', input), {
    outcome: 'failed',
    reason: /cannot be given again: .*Could not find user: gone/
  })
})

t.test('who is no administrator is told what is missing', async (t) => {
  const { sim, performing } = await isolationWorld(t)
  const user = [...sim.state.users.values()].find(({ name }) => name === 'prod-user')!
  const refused = await performing
    .perform('group-member-add', { cloud: 'prod', groupId: 'g', userId: user.id })
    .catch((error: Error) => ({ outcome: 'failed', reason: error.message }) as Result)
  t.match(refused, { outcome: 'failed', reason: /not authorized to perform/ })
})

t.test('an image that is gone, and one that is no longer shared', async (t) => {
  const { sim, open, performing } = await isolationWorld(t)
  const image = { cloud: 'admin', imageId: '00000000-0000-4000-8000-000000000000' }
  const projectId = [...sim.state.projects.keys()][1]!
  t.equal((await performing.perform('image-member-remove', { ...image, projectId })).outcome, 'unchanged')
  t.match(await performing.perform('image-visibility-set', { ...image, to: 'private', expects: 'public' }), {
    ...{ outcome: 'stale', reason: /does not exist any more/ }
  })
  const made = await open('dev-user').request('image', 'POST', '/images', {
    body: { name: 'own', visibility: 'private' }
  })
  const imageId = (made.body as { id: string }).id
  const result = await performing.perform('image-member-add', { cloud: 'admin', imageId, projectId, status: 'pending' })
  t.match(result, { outcome: 'failed', called: false, reason: /it is private, only a shared image has members/ })
})
