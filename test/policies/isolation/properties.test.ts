import fc from 'fast-check'
import t from 'tap'
import type { Json } from '../../../src/core/query.ts'
import { decideSubject } from '../../../src/policies/isolation/decide.ts'
import { isolation } from '../../../src/policies/isolation/policy.ts'
import type {
  Assignment,
  IsolationWorldAnswer,
  PortSubject,
  SecurityGroupRule,
  SecurityGroupSubject,
  Subject
} from '../../../src/policies/isolation/questions/subjects.ts'
import { compareSubjects } from '../../../src/policies/isolation/sweep.ts'
import { worldOf } from '../../../src/policies/isolation/world.ts'
import { a, assignment, groupRule, matrix, settingsOf } from './clusters.ts'

const settings = settingsOf({ grace: { critical: '0s', high: '0s', medium: '0s', low: '0s' } })
const world = worldOf(matrix, settings)
const id = fc.integer({ min: 0, max: 9999 }).map((n) => `id-${n}`)

/** A range inside one of these. */
const inside = (ranges: readonly string[]) =>
  fc.tuple(fc.constantFrom(...ranges), fc.nat(255), fc.integer({ min: 24, max: 32 })).map(([range, host, length]) => {
    const [address = ''] = range.split('/')
    return address.includes(':')
      ? `${address}${host.toString(16)}/${96 + length}`
      : address.replace(/\d+$/, `${host}/${length}`)
  })

/** What a cluster may do with what is its own, and with what several may use. */
function ordinary(n: number): fc.Arbitrary<Subject> {
  const cluster = matrix.clusters[n]!
  const { name, projectId, networkIds, ranges, volumeTypes, admins } = cluster
  const base = fc.record({ id, name: id, projectId: fc.constant(projectId) })
  const network = fc.constantFrom<{ networkId: string; networkProjectId: string }>(
    { networkId: networkIds[0]!, networkProjectId: projectId },
    { networkId: 'n-transfer', networkProjectId: 'p-admin' }
  )
  const [port, protocol] = name === 'infra' ? [22, 'tcp'] : [443, '6']
  const rule: fc.Arbitrary<SecurityGroupRule> = fc.oneof(
    fc
      .record({ id, remotePrefix: inside(ranges) })
      .map((one) => groupRule({ ...one, ethertype: one.remotePrefix.includes(':') ? 'IPv6' : 'IPv4' })),
    fc
      .record({ id, remotePrefix: fc.constantFrom('0.0.0.0/0', '::/0', null) })
      .map((one) => groupRule({ ...one, protocol, portMin: port, portMax: port })),
    fc.record({ id, remotePrefix: inside(['203.0.113.0/24', '198.51.100.0/24']) }).map((one) => groupRule(one)),
    fc
      .record({ id, remoteGroupId: id })
      .map((one) => groupRule({ ...one, remoteGroupProjectId: projectId, protocol: null })),
    fc.record({ id }).map((one) => groupRule({ ...one, direction: 'egress', protocol: null, remotePrefix: null }))
  )
  const types = [...volumeTypes.map((one) => one.name), 'standard']
  return fc.oneof(
    base.map((one) =>
      a('rbac-policy', { ...one, objectId: networkIds[0]!, objectProjectId: projectId, target: projectId })
    ),
    fc.constant(a('network', { id: networkIds[0]!, projectId })),
    fc.tuple(base, fc.array(network, { maxLength: 3 })).map(([one, on]) =>
      a('router', {
        ...one,
        interfaces: on.map((of, i) => ({ ...of, portId: `${one.id}-${i}`, subnetIds: ['s'], addresses: ['10.0.0.1'] }))
      })
    ),
    fc.tuple(base, network, fc.array(inside(ranges), { maxLength: 3 })).map(([one, on, pairs]) =>
      a('port', {
        ...one,
        ...on,
        deviceProjectId: projectId,
        allowedAddressPairs: pairs.map((ip) => ({ ip, mac: null }))
      })
    ),
    fc.tuple(base, fc.array(rule, { maxLength: 12 })).map(([one, rules]) => a('security-group', { ...one, rules })),
    base.map((one) => a('floating-ip', { ...one, portProjectId: projectId })),
    base.map((one) => a('server', { ...one, keyName: name === 'infra' ? null : `${name}-key` })),
    fc
      .tuple(base, fc.constantFrom(...types), fc.constantFrom(null, projectId))
      .map(([one, typeName, home]) => a('volume', { ...one, typeName, homeProjectId: home })),
    fc.constantFrom(
      ...volumeTypes.map((one) => a('volume-type', { ...one, access: [projectId] })),
      a('image', { projectId })
    ),
    fc.constant(a('project', { id: projectId, projectId })),
    fc
      .uniqueArray(fc.constantFrom('member', 'reader', 'load-balancer_member'), { minLength: 1 })
      .map((roles) =>
        a('person', { id: admins[0]!, assignments: roles.map((role) => assignment({ role, roleId: role, projectId })) })
      ),
    base.map((one) => a('application-credential', { ...one, userId: admins[0]! })),
    base.map((one) => a('trust', one)),
    base.map((one) =>
      a('mapping', { ...one, projectId: '', gives: [{ project: name, group: null, roles: ['member'] }] })
    )
  )
}

t.test('property: three clusters that keep to what is theirs never breach anything', async () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(ordinary(0), ordinary(1), ordinary(2)), { maxLength: 40 }), (subjects) => {
      const answer: IsolationWorldAnswer = { matrix, subjects, known: {}, busy: [] }
      const { drifts } = compareSubjects(answer, settings)
      if (drifts.length > 0) throw new Error(drifts[0]!.reason)
    }),
    { numRuns: 400 }
  )
})

const projects = fc.constantFrom('p-dev', 'p-prod', 'p-infra', 'p-else')
const networks = fc.constantFrom('n-dev', 'n-prod', 'n-infra', 'n-transfer', 'n-else')
const prefixes = fc.constantFrom(
  '0.0.0.0/0',
  '0.0.0.0/1',
  '128.0.0.0/1',
  '10.0.0.0/8',
  '10.2.0.0/24',
  '10.1.0.0/24',
  '::/0',
  'fd00:2::/64'
)

/** Whatever people may do, in their own project and in others'. */
const anything: fc.Arbitrary<Subject> = fc.oneof(
  fc
    .record({
      id,
      projectId: projects,
      objectProjectId: projects,
      objectId: networks,
      target: fc.oneof(projects, fc.constant('*'))
    })
    .map((one) => a('rbac-policy', one)),
  fc.record({ id: networks, projectId: projects, shared: fc.boolean() }).map((one) => a('network', one)),
  fc
    .record({
      id,
      projectId: projects,
      interfaces: fc.uniqueArray(
        fc.record({
          portId: id,
          networkId: networks,
          networkProjectId: projects,
          subnetIds: fc.array(id, { maxLength: 1 }),
          addresses: fc.constant(['10.0.0.1'])
        }),
        { maxLength: 4, selector: (one) => one.portId }
      )
    })
    .map((one) => a('router', one)),
  fc
    .record({
      id,
      projectId: projects,
      deviceProjectId: fc.oneof(projects, fc.constant(null)),
      networkId: networks,
      networkProjectId: projects,
      portSecurityEnabled: fc.boolean(),
      allowedAddressPairs: fc.uniqueArray(fc.record({ ip: prefixes, mac: fc.constant(null) }), {
        selector: (one) => one.ip
      })
    })
    .map((one) => a('port', one)),
  fc
    .record({
      id,
      name: fc.constantFrom('default', 'web'),
      projectId: projects,
      rules: fc.uniqueArray(
        fc.record({
          id,
          portMin: fc.constantFrom(22, 443, null),
          remotePrefix: fc.oneof(prefixes, fc.constant(null)),
          remoteGroupId: fc.constantFrom(null, 'sg'),
          remoteGroupProjectId: fc.oneof(projects, fc.constant(null))
        }),
        { maxLength: 6, selector: (one) => one.id }
      )
    })
    .map((one) =>
      a('security-group', { ...one, rules: one.rules.map((rule) => groupRule({ ...rule, portMax: rule.portMin })) })
    ),
  fc
    .record({
      id,
      projectId: projects,
      portProjectId: projects,
      serverId: fc.oneof(id, fc.constant(null)),
      networkName: fc.constantFrom('public', 'old')
    })
    .map((one) => a('floating-ip', one)),
  fc
    .record({ id, projectId: projects, homeProjectId: projects, status: fc.constantFrom('available', 'in-use') })
    .map((one) => a('volume', one)),
  fc
    .record({ id: fc.constantFrom('t-dev', 't-prod', 't-std'), access: fc.uniqueArray(projects) })
    .map((one) => a('volume-type', one)),
  fc
    .record({
      id,
      projectId: projects,
      visibility: fc.constantFrom('public' as const, 'community' as const, 'shared' as const, 'private' as const),
      members: fc.uniqueArray(fc.record({ projectId: projects, status: fc.constant('accepted') }), {
        selector: (one) => one.projectId
      })
    })
    .map((one) => a('image', one)),
  fc
    .record({ id: projects, limits: fc.dictionary(fc.constantFrom('cores', 'ram', 'volumes'), fc.constantFrom(-1, 5)) })
    .map((one) => a('project', one)),
  fc
    .record({
      id,
      projectId: projects,
      flavor: fc.constantFrom('m1.large', 'x'),
      keyName: fc.constantFrom(null, 'dev-key', 'prod-key')
    })
    .map((one) => a('server', one)),
  fc
    .record({
      id: fc.constantFrom('u-dora', 'u-petra', 'u-new', 'u-root'),
      assignments: fc.array(
        fc
          .record({
            role: fc.constantFrom('member', 'admin'),
            on: fc.oneof(projects, fc.constantFrom('d1', 'system')),
            groupId: fc.constantFrom(null, 'g1', 'g2'),
            above: fc.constantFrom(null, 'd1')
          })
          .map(
            ({ role, on, groupId, above }): Assignment =>
              assignment({
                role,
                roleId: `r-${role}`,
                groupId,
                projectId: on.startsWith('p-') ? on : null,
                domainId: on === 'd1' ? on : null,
                system: on === 'system',
                inheritedFrom: on.startsWith('p-') && above !== null ? { kind: 'domain', id: above } : null
              })
          ),
        { maxLength: 6 }
      )
    })
    .map((one) => a('person', one)),
  fc
    .record({
      id,
      projectId: projects,
      userId: fc.constantFrom('u-dora', 'u-root'),
      unrestricted: fc.boolean(),
      expiresAt: fc.constantFrom(null, '2027-01-01T00:00:00Z')
    })
    .map((one) => a('application-credential', { ...one, id: `${one.userId}/${one.id}` })),
  fc.record({ id, projectId: projects, impersonation: fc.boolean() }).map((one) => a('trust', one))
)

function strings(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((one) => strings(one as Json))
}

// Inputs that say what is to become of the resource, and not which one it is.
const notIds = ['cloud', 'service', 'to', 'fromCluster', 'toCluster']

t.test('property: what closes a breach is about the very resource that breaches', async (t) => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(anything, (subject) => {
      const known = new Set(strings(subject as unknown as Json).flatMap((text) => [text, ...text.split('/')]))
      const limits = subject.kind === 'project' ? Object.keys(subject.limits) : []
      const { steps, breaches = [], outcome } = decideSubject(subject, [], world)
      if ((outcome === 'act') !== steps.length > 0) throw new Error('acts without a step, or skips with one')
      if (steps.length > 0 && !breaches.some((one) => one.state === 'closing')) throw new Error('a step closes nothing')
      for (const { type, input, cluster, target } of steps) {
        seen.add(type)
        if (!isolation.actions.includes(type)) throw new Error(`${type} is not among the policy's actions`)
        if (cluster !== null && !['dev', 'prod', 'infra'].includes(cluster)) throw new Error(`no cluster ${cluster}`)
        if (!target.startsWith('isolation/admin/')) throw new Error(target)
        const about = Object.entries(input as Record<string, Json>).filter(([key]) => !notIds.includes(key))
        for (const text of strings(Object.fromEntries(about)))
          if (!known.has(text) && !limits.includes(text))
            throw new Error(`${type} names ${text}, which the resource does not`)
      }
    }),
    { numRuns: 3000 }
  )
  t.ok(seen.size >= 14, `${[...seen].join(', ')}`)
})

t.test('property: a plan never takes from a person what they should keep', async () => {
  const person = anything.filter((one) => one.kind === 'person')
  fc.assert(
    fc.property(person, (subject) => {
      const { steps, breaches = [] } = decideSubject(subject, [], world)
      const wrong = new Set(breaches.map((one) => one.detail))
      const keyOf = (one: Assignment) =>
        [
          one.roleId,
          one.projectId ?? one.domainId ?? 'system',
          one.groupId === null ? 'direct' : `group ${one.groupId}`
        ].join(' ')
      const right = subject.assignments.filter((one) => ![...wrong].some((detail) => detail.startsWith(keyOf(one))))
      for (const { type, input } of steps) {
        const { groupId } = input as { groupId?: string }
        const lost =
          type === 'group-member-remove' ? right.find((one) => one.groupId === groupId && keeps(one)) : undefined
        if (lost !== undefined) throw new Error(`loses ${keyOf(lost)}`)
      }
      // A role in a project of no cluster counts as well: it is nobody's business here.
      function keeps(one: Assignment): boolean {
        return one.projectId !== null || one.domainId !== null
      }
    }),
    { numRuns: 1000 }
  )
})

t.test('property: the order in which services list things changes nothing', async () => {
  const shuffled = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length })
  const listed = fc.array(anything, { maxLength: 15 })
  fc.assert(
    fc.property(
      listed.chain((subjects) => fc.tuple(fc.constant(subjects), shuffled(subjects))),
      ([subjects, other]) => {
        const of = (all: readonly Subject[]) => {
          const { drifts } = compareSubjects({ matrix, subjects: all, known: {}, busy: [] }, settings)
          return drifts.map((drift) => JSON.stringify(drift)).sort()
        }
        if (JSON.stringify(of(subjects)) !== JSON.stringify(of(other))) throw new Error('another sweep')
      }
    ),
    { numRuns: 200 }
  )
  const listing = anything.filter((one) => one.kind === 'security-group' || one.kind === 'port')
  const turned = (one: SecurityGroupSubject | PortSubject): Subject =>
    one.kind === 'port'
      ? { ...one, allowedAddressPairs: one.allowedAddressPairs.toReversed() }
      : { ...one, rules: one.rules.toReversed() }
  fc.assert(
    fc.property(listing, (subject) => {
      const [before, after] = [subject, turned(subject)].map((one) => decideSubject(one, [], world).breaches)
      if (JSON.stringify(before) !== JSON.stringify(after)) throw new Error('other breaches')
    }),
    { numRuns: 500 }
  )
})
