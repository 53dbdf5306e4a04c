import t from 'tap'
import { createStorageIsolation } from '../../../src/clients/cinder/isolation.ts'
import { createIsolation } from '../../../src/clients/cloud/isolation.ts'
import { createQuotas } from '../../../src/clients/cloud/quotas.ts'
import { createImageIsolation } from '../../../src/clients/glance/isolation.ts'
import { createIdentityIsolation } from '../../../src/clients/keystone/identity.ts'
import { createNetworkIsolation } from '../../../src/clients/neutron/isolation.ts'
import { fakeService } from '../fake-service.ts'

const keystone = 'http://127.0.0.1:5000/v3'
const member = { id: 'r1', name: 'member' }
const on = (id: string) => ({ project: { id, name: id, domain: { id: 'd', name: 'D' } } })
const ask = '/role_assignments?include_names=true&effective=true&scope.project.id=p1'

t.test('an assignment says by which way it is had', async (t) => {
  const assignment = (path: string, more: object = {}) => ({
    role: member,
    user: { id: 'u1', name: 'ann' },
    scope: on('p1'),
    links: { assignment: `${keystone}${path}`, ...more }
  })
  const { cloud } = await fakeService(t, {
    [ask]: {
      role_assignments: [
        assignment('/projects/p1/users/u1/roles/r1'),
        assignment('/projects/p1/groups/g1/roles/r1', { membership: `${keystone}/groups/g1/users/u1` }),
        assignment('/OS-INHERIT/domains/d/groups/g1/roles/r1/inherited_to_projects'),
        assignment('/OS-INHERIT/projects/p0/users/u1/roles/r1/inherited_to_projects'),
        assignment('/projects/p1/users/u1/roles/r0', { prior_role: `${keystone}/prior_role/r1/implies/r0` })
      ],
      links: { next: null }
    },
    '/role_assignments?include_names=true&scope.system=all': {
      role_assignments: [
        {
          role: member,
          group: { id: 'g1', name: 'ops' },
          scope: { system: { all: true } },
          links: { assignment: `${keystone}/system/groups/g1/roles/r1` }
        }
      ]
    }
  })
  const { listAssignments } = createIdentityIsolation(cloud)
  const had = await listAssignments({ projectId: 'p1', effective: true })
  t.same(
    had.map(({ userId, groupId, inheritedFrom }) => [userId, groupId, inheritedFrom]),
    [
      ['u1', null, null],
      ['u1', 'g1', null],
      ['u1', 'g1', { kind: 'domain', id: 'd' }],
      ['u1', null, { kind: 'project', id: 'p0' }]
    ],
    'what comes along with another role is not told: Keystone names a wrong origin'
  )
  t.match(await listAssignments({ system: true, effective: false }), [
    { userId: null, groupId: 'g1', groupName: 'ops', projectId: null, domainId: null, system: true }
  ])
})

t.test('a list of Keystone is all of it, or an error', async (t) => {
  const answers: Record<string, unknown> = {
    '/OS-TRUST/trusts': { trusts: [], links: {}, truncated: true },
    '/roles': { roles: [{ id: 'a', name: 'a' }], links: { next: `${keystone}/roles?marker=a&limit=1` } },
    '/roles?marker=a&limit=1': { roles: [{ id: 'b', name: 'b' }], links: { next: null } },
    '/OS-FEDERATION/mappings': { mappings: [], links: { next: `${keystone}/x?marker=1` } },
    '/OS-FEDERATION/mappings?marker=1': { mappings: [], links: { next: `${keystone}/x?marker=1` } },
    [ask]: { role_assignments: [{ role: member, scope: on('p1'), links: { assignment: `${keystone}/nonsense` } }] }
  }
  const { cloud } = await fakeService(t, answers)
  const identity = createIdentityIsolation(cloud)
  await t.rejects(identity.listTrusts(), {
    code: 'truncated',
    retryable: false,
    message: /list_limit in keystone.conf/
  })
  t.same(
    (await identity.listRoles()).map((role) => role.id),
    ['a', 'b']
  )
  await t.rejects(identity.listMappings(), { code: 'malformed', message: /the same one again/ })
  await t.rejects(identity.listAssignments({ projectId: 'p1', effective: true }), { message: /names no assignment/ })
})

t.test('what is gone is gone by a 404 for its own id only', async (t) => {
  const not = (what: string, id: string) => ({
    status: 404,
    body: { error: { code: 404, message: `Could not find ${what}: ${id}.`, title: 'Not Found' } }
  })
  const nova = (message: string) => ({ status: 404, body: { itemNotFound: { code: 404, message } } })
  const { cloud } = await fakeService(t, {
    '/users/u1': not('user', 'u1'),
    '/users/u2': not('domain', 'd9'),
    '/images/i1': { status: 404, body: { message: 'No image found with ID i1<br /><br />\n', code: '404 Not Found' } },
    '/images/i3/members': { status: 404, body: { message: 'Image i3 not found.<br />', code: '404 Not Found' } },
    '/images/i4/members': { status: 403, body: { message: 'Only shared images have members.', code: '403 Forbidden' } },
    '/images/i5/members': { status: 403, body: { message: 'You are not allowed.', code: '403 Forbidden' } },
    '/volumes/v1': nova('Volume v1 could not be found.'),
    '/volumes/v2': nova('The resource could not be found.'),
    '/types/t1/os-volume-type-access': nova('Volume type t1 could not be found.'),
    '/rbac-policies/b1': {
      status: 404,
      body: { NeutronError: { type: 'RbacPolicyNotFound', message: 'no', detail: '' } }
    },
    '/rbac-policies/b2': { status: 404, body: { NeutronError: { type: 'HTTPNotFound', message: 'no', detail: '' } } }
  })
  const identity = createIdentityIsolation(cloud)
  const images = createImageIsolation(cloud)
  const storage = createStorageIsolation(cloud)
  const network = createNetworkIsolation(cloud)
  t.equal(await identity.getUser('u1'), null)
  await t.rejects(identity.getUser('u2'), { message: /Could not find domain/ }, 'a 404 for something else')
  await t.rejects(identity.getUser('u3'), { code: 'http_404' }, 'a 404 of a proxy')
  t.equal(await images.getImage('i1'), null)
  await t.rejects(images.getImage('i2'), { code: 'http_404' })
  t.equal(await images.listMembers('i3'), null)
  t.same(await images.listMembers('i4'), [], 'made private meanwhile')
  await t.rejects(images.listMembers('i5'), { message: /You are not allowed/ }, 'not to be allowed is not to have none')
  t.equal(await storage.getVolume('v1'), null)
  await t.rejects(storage.getVolume('v2'), { code: 'itemNotFound' })
  t.equal(await storage.typeAccess('t1'), null)
  t.equal(await network.getRbacPolicy('b1'), null)
  await t.rejects(network.getRbacPolicy('b2'), { code: 'HTTPNotFound' })
})

t.test('images of every visibility, and the hidden ones', async (t) => {
  const image = (id: string, visibility: string) => ({ id, name: id, owner: 'p1', visibility, image_type: 'snapshot' })
  const list = '/images?owner=p1&visibility=all&os_hidden='
  const { cloud } = await fakeService(t, {
    [`${list}false&limit=1`]: { images: [image('a', 'community')], next: '/v2/images?marker=a' },
    [`${list}false&limit=1&marker=a`]: { images: [image('b', 'of a later release')] },
    [`${list}true&limit=1`]: { images: [image('c', 'shared')] }
  })
  t.match(await createImageIsolation(cloud).listImages('p1', { pageSize: 1 }), [
    { id: 'a', visibility: 'community', snapshot: true },
    { id: 'b', visibility: 'public' },
    { id: 'c', visibility: 'shared' }
  ])
})

t.test('what the rules of a mapping give', async (t) => {
  const cases: [string, object[], object][] = [
    ['nothing', [{ user: { name: '{0}' } }], { gives: [], fromClaims: false }],
    [
      'a project with roles',
      [{ projects: [{ name: 'dev', roles: [{ name: 'member' }, { name: 'reader' }] }] }],
      { gives: [{ project: 'dev', group: null, roles: ['member', 'reader'] }], fromClaims: false }
    ],
    [
      'a project by claim',
      [{ projects: [{ name: '{1}', roles: [{ name: 'member' }] }] }],
      { gives: [], fromClaims: true }
    ],
    ['a group', [{ group: { id: 'g1' } }], { gives: [{ project: null, group: 'g1', roles: [] }], fromClaims: false }],
    ['groups by claim', [{ groups: '{0}', domain: { id: 'd' } }], { gives: [], fromClaims: true }],
    ['a list in a text', [{ group_ids: "['g1', '{2}']" }], { gives: [{ group: 'g1' }], fromClaims: true }]
  ]
  const mapping = ([id, local]: (typeof cases)[number]) => ({ id, rules: [{ local, remote: [{ type: 'OIDC-sub' }] }] })
  const { cloud } = await fakeService(t, { '/OS-FEDERATION/mappings': { mappings: cases.map(mapping) } })
  const found = await createIdentityIsolation(cloud).listMappings()
  for (const [n, [id, , expected]] of cases.entries()) t.match(found[n], { id, ...expected }, id)
})

t.test('what is renewed serves while it is read again, and is waited for only when it is too old', async (t) => {
  const { cloud } = await fakeService(t, {})
  let now = 0
  const { renewed, detail } = createIsolation(cloud, createQuotas(cloud), () => now)
  const waiting: ((answer: number | Error) => void)[] = []
  const read = () =>
    new Promise<number>((resolve, reject) => {
      waiting.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)))
    })
  const ask = () => renewed('a', read, 15, 60)
  const first = ask()
  waiting.shift()!(1)
  t.equal(await first, 1, 'there is nothing yet: the first one waits')
  now = 14
  t.equal(await ask(), 1)
  t.equal(waiting.length, 0, 'it is young')
  now = 15
  t.same(await Promise.all([ask(), ask()]), [1, 1], 'nobody waits for the renewal')
  t.equal(waiting.length, 1, 'and there is one')
  waiting.shift()!(new Error('down'))
  await new Promise(setImmediate)
  t.equal(await ask(), 1, 'one that fails changes nothing')
  waiting.shift()!(2)
  await new Promise(setImmediate)
  t.equal(await ask(), 2)
  now = 75
  const late = ask()
  t.equal(waiting.length, 1, 'too old: it is waited for')
  waiting.shift()!(3)
  t.equal(await late, 3)
  t.equal(await detail('a', read), 3)
})

t.test('details are read again when they are old, wanted fresh, or were not to be read', async (t) => {
  const { cloud } = await fakeService(t, {})
  let now = 0
  let reads = 0
  const { detail } = createIsolation(cloud, createQuotas(cloud), () => now)
  const read = async () => ++reads
  t.equal(await detail('a', read), 1)
  t.equal(await detail('a', read), 1)
  now = 9 * 60_000
  t.equal(await detail('a', read), 1)
  t.equal(await detail('a', read, 1000), 2, 'older than it may be')
  t.equal(await detail('a', read, 0), 3, 'now')
  t.equal(await detail('a', read), 3, 'what was read fresh is what is remembered')
  now += 11 * 60_000
  t.equal(await detail('a', read), 4)
  await t.rejects(detail('b', () => Promise.reject(new Error('down'))))
  t.equal(await detail('b', read), 5, 'an error is not remembered')
  t.equal(await detail('c', async () => null), null)
  t.equal(await detail('c', read), 6, 'what was not there may be there now')
})

t.test('a user counts as enabled where Keystone does not say, as for a domain in LDAP', async (t) => {
  const user = (id: string, more: object) => ({ id, name: id, domain_id: 'd', ...more })
  const users = [user('u1', {}), user('u2', { enabled: true }), user('u3', { enabled: false })]
  const { cloud } = await fakeService(t, { '/users?name=x': { users, links: { next: null } } })
  const found = await createIdentityIsolation(cloud).listUsers({ name: 'x' })
  t.strictSame(
    found.map(({ id, enabled }) => [id, enabled]),
    [
      ['u1', true],
      ['u2', true],
      ['u3', false]
    ]
  )
})
