import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import type { IsolationClients } from '../../../../src/clients/cloud/isolation.ts'
import type { RoleAssignment } from '../../../../src/clients/keystone/assignments.ts'
import { allowed, type Unread } from '../../../../src/policies/isolation/questions/allowed.ts'
import { assignmentAnswers, matters, readRoles } from '../../../../src/policies/isolation/questions/assignments.ts'
import { knownByLane } from '../../../../src/policies/isolation/questions/known.ts'
import { findUsers } from '../../../../src/policies/isolation/questions/users.ts'
import { homeOf } from '../../../../src/policies/isolation/questions/volume.ts'
import { openJournal } from '../../../../src/store/open.ts'
import type { BreachRow } from '../../../../src/store/policy-rows.ts'
import { event } from '../../../contract/journal-facts.ts'

/** Keystone as far as people are looked up; each read happens. */
function clients(identity: Partial<IsolationClients['identity']>): IsolationClients {
  return { identity, detail: (_key: string, read: () => unknown) => read() } as unknown as IsolationClients
}

t.test('the home of a volume is the first project that the journal knows it in', async (t) => {
  const journal = await openJournal({ path: join(t.testdir(), 'journal.db') })
  t.teardown(() => journal.close())
  const tell = (type: string, subject: string, project: string | null) => {
    const one = event(randomUUID(), { type, subject, project })
    return journal.append({ events: [{ event: one, lanes: [], note: null }], ignored: [] })
  }
  t.equal(await homeOf('v1', journal), null, 'nothing is known')
  await tell('volume.usage', 'v1', null)
  await tell('volume.create.end', 'v1', 'dev')
  await tell('volume.transfer.accept.end', 'v1', 'prod')
  await tell('volume.create.end', 'v2', 'infra')
  t.equal(await homeOf('v1', journal), 'dev')
  await tell('volume.transfer.accept.end', 'v1', 'dev')
  t.equal(await homeOf('v1', journal), 'dev', 'given back it is at home')
})

t.test('known breaches are read to the last page', async (t) => {
  const rows = Array.from({ length: 1203 }, (_, n) => ({
    ...{ id: 1203 - n, lane: `port:${n % 3}`, rule: 'r', detail: `${n}`, state: 'open', since: n }
  })) as unknown as BreachRow[]
  const breaches = async ({
    limit = 0,
    before = Infinity,
    open
  }: {
    limit?: number
    before?: number
    open?: boolean
  }) => (open ? rows.filter((row) => row.id < before).slice(0, limit) : [])
  const known = await knownByLane({ breaches }, { policy: 'isolation' })
  t.same(Object.keys(known).sort(), ['port:0', 'port:1', 'port:2'])
  t.equal(Object.values(known).flat().length, 1203)
  t.same(known['port:1']![0], { rule: 'r', detail: '1', state: 'open', since: 1 })
})

t.test('a user is found by id, by name, and by name and domain', async (t) => {
  const user = (id: string, name: string, domainId: string) => ({ id, name, domainId, enabled: true, federated: false })
  const hex = 'f41cb8174445481cbfc6b49ae1d5a1b0'
  const all = [
    user(hex, 'ann', 'default'),
    user('2', 'ann', 'corp'),
    user('3', 'bob@example.org', 'corp'),
    user('4', 'cid', 'default')
  ]
  const keystone = clients({
    getUser: async (id) => all.find((one) => one.id === id) ?? null,
    listUsers: async ({ name, domainId }) =>
      all.filter((one) => one.name === name && (domainId === undefined || one.domainId === domainId)),
    listDomains: async (name) => (name === 'Corp' ? [{ id: 'corp', name }] : [])
  })
  const cases: [string, string | null, string[], string | null][] = [
    [hex, null, [hex], null],
    ['ann', 'default', [hex], null],
    ['ann', null, [], 'several users are called ann'],
    ['ann@Corp', 'default', ['2'], null],
    ['ann@corp', 'default', ['2'], null],
    ['bob@example.org', 'corp', ['3'], null],
    ['bob@example.org@Corp', 'default', ['3'], null],
    ['dan', null, [], 'no user is called dan'],
    ['dan@Corp', null, [], 'no user is called dan@Corp']
  ]
  for (const [name, domain, ids, problem] of cases) {
    const unresolved: string[] = []
    t.same(await findUsers([name], domain, keystone, 'admins', unresolved), ids, `${name} in ${domain}`)
    t.same(unresolved, problem === null ? [] : [`admins: ${problem}`])
  }
})

t.test('roles of other projects matter only where they make an administrator', async (t) => {
  const keystone = clients({
    listRoles: async () => ['admin', 'member', 'reader', 'boss', 'loop'].map((name) => ({ id: `${name}-id`, name })),
    inferences: async () =>
      new Map([
        ['boss-id', [{ id: 'admin-id', name: 'admin' }]],
        ['admin-id', [{ id: 'member-id', name: 'member' }]],
        ['member-id', [{ id: 'reader-id', name: 'reader' }]],
        ['loop-id', [{ id: 'loop-id', name: 'loop' }]]
      ]),
    getProject: async (id) => (id === 'dev' ? { id, name: id, domainId: 'default' } : null),
    getGroup: async (id) => ({ id, name: `group ${id}`, domainId: 'default' })
  })
  const roles = await readRoles(keystone, new Set(['dev', 'of another cloud']))
  t.same([...roles.projects], ['dev'])
  t.same([...roles.admin].sort(), ['admin-id', 'boss-id'])
  t.same(roles.implied.get('boss-id'), ['admin', 'member', 'reader'])
  const has = (role: string, more: Partial<RoleAssignment>): RoleAssignment => ({
    ...{ roleId: `${role}-id`, role, userId: 'u', groupId: null, groupName: '', projectId: null, domainId: null },
    ...{ system: false, inheritedFrom: null, ...more }
  })
  const cases: [RoleAssignment, boolean][] = [
    [has('reader', { projectId: 'dev' }), true],
    [has('member', { projectId: 'elsewhere' }), false],
    [has('admin', { projectId: 'elsewhere' }), true],
    [has('boss', { domainId: 'elsewhere' }), true],
    [has('reader', { domainId: 'default' }), true],
    [has('reader', { domainId: 'elsewhere' }), false],
    [has('reader', { system: true }), true]
  ]
  for (const [one, expected] of cases) t.equal(matters(one, roles), expected, JSON.stringify(one))
  const twice = [has('member', { projectId: 'dev', groupId: 'g' }), has('member', { projectId: 'dev', groupId: 'g' })]
  t.match(await assignmentAnswers(twice, roles, keystone), [
    { role: 'member', groupId: 'g', groupName: 'group g', implies: ['reader'], projectId: 'dev' }
  ])
})

t.test('what is refused is said, and what is broken fails', async (t) => {
  const refused = (status: number) => () => Promise.reject(Object.assign(new Error('no'), { status }))
  const unread: Unread = { sentences: [], kinds: [] }
  const said = { kind: 'trust', sentence: 'trusts are not judged' } as const
  t.same(await allowed(async () => ['a'], said, unread), ['a'])
  t.same(unread, { sentences: [], kinds: [] })
  t.same(await allowed(refused(403), said, unread), [])
  t.same(unread, { sentences: ['trusts are not judged'], kinds: ['trust:*'] })
  for (const status of [401, 404, 500]) await t.rejects(allowed(refused(status), said, unread), { message: 'no' })
  t.equal(unread.sentences.length, 1)
})
