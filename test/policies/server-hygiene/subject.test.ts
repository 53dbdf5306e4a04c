import fc from 'fast-check'
import t from 'tap'
import type { FloatingIpUse } from '../../../src/clients/neutron/floating-ip-use.ts'
import { judgeIdle } from '../../../src/policies/server-hygiene/judge.ts'
import { objectionTo } from '../../../src/policies/server-hygiene/release.ts'
import { idleFloatingIp, idleServer, idleVolume } from '../../../src/policies/server-hygiene/subject.ts'
import { now, settings, use } from './subjects.ts'

const place = { project: 'p-dev', cluster: 'dev' }
const seen = (one: FloatingIpUse) => idleFloatingIp(one, place, 'keep')

t.test('a floating IP is unattached only where nothing says that it leads somewhere', async (t) => {
  const table: readonly (readonly [Partial<FloatingIpUse>, string])[] = [
    [{}, 'unattached'],
    [{ portId: 'port-1', fixedAddress: '10.0.0.5', routerId: 'r1' }, 'used'],
    [{ forwardings: 2, routerId: 'r1' }, 'used'],
    [{ forwardings: null }, 'unknown'],
    [{ fixedAddress: '10.0.0.5' }, 'unknown'],
    [{ routerId: 'r1' }, 'unknown'],
    [{ unsaid: ['port_id'] }, 'unknown'],
    [{ unsaid: ['fixed_ip_address'] }, 'unknown'],
    [{ projectId: 'p-other' }, 'unknown'],
    [{ projectId: null, unsaid: ['project_id'] }, 'unknown']
  ]
  for (const [more, state] of table) {
    const subject = seen(use(more))
    t.equal(subject.state, state, JSON.stringify(more))
    t.equal(subject.doubt === null, state !== 'unknown', JSON.stringify(more))
  }
})

t.test('its own people keep it by a word in its description, a tag or a DNS name', async (t) => {
  const kept = (more: Partial<FloatingIpUse>) => seen(use(more)).keptBy !== null
  for (const description of ['keep', 'Keep!', 'please KEEP: it is in the firewall', 'for now,keep'])
    t.ok(kept({ description }), description)
  for (const description of ['', 'upkeep', 'keeper', 'keep-alive', 'do_keep'])
    t.notOk(kept({ description }), description)
  t.ok(kept({ tags: ['a', 'keep'] }))
  t.notOk(kept({ tags: ['keepers'] }))
  t.ok(kept({ dnsName: 'www' }))
})

t.test('servers and volumes', async (t) => {
  const server = (status: string, metadata = {}) =>
    idleServer(
      {
        ...{ id: 's1', name: 'web-1', status, projectId: 'p-dev', metadata, addresses: [] },
        ...{ created: '2026-01-01T00:00:00Z', updated: '2026-03-01T00:00:00Z' }
      },
      place,
      'keep'
    )
  const states = ['ACTIVE', 'ERROR', 'SHUTOFF', 'UNKNOWN', 'BUILD', 'SHELVED_OFFLOADED', 'PAUSED'].map(
    (status) => server(status).state
  )
  t.strictSame(states, ['used', 'error', 'shutoff', 'unknown', 'used', 'used', 'used'])
  t.equal(server('SHUTOFF', { keep: '' }).keptBy, 'its metadata')
  const volume = (status: string, attachments: number, more = {}) =>
    idleVolume(
      {
        ...{ id: 'v1', name: '', description: '', projectId: 'p-dev', status, attachments, metadata: {} },
        ...{ createdAt: '2026-01-01T00:00:00.000000Z', updatedAt: null, ...more }
      },
      place,
      'keep'
    )
  t.match(volume('available', 0), { state: 'unattached', name: 'v1', changedAt: Date.parse('2026-01-01T00:00:00Z') })
  for (const [status, attachments] of [
    ['in-use', 1],
    ['available', 1],
    ['reserved', 0],
    ['creating', 0],
    ['awaiting-transfer', 0],
    ['backing-up', 0]
  ] as const)
    t.equal(volume(status, attachments).state, 'used', status)
  t.equal(volume('available', 0, { description: 'keep' }).keptBy, 'its description')
  t.equal(volume('available', 0, { projectId: 'p-other' }).state, 'unknown')
})

const text = fc.option(fc.oneof(fc.constant(''), fc.string(), fc.constant('2026-01-01T00:00:00Z')), { nil: null })
const anyUse: fc.Arbitrary<FloatingIpUse> = fc
  .record({
    ...{
      id: fc.constant('f1'),
      address: fc.constant('203.0.113.7'),
      projectId: fc.option(fc.constantFrom('p-dev', 'p-other'), { nil: null })
    },
    ...{ portId: fc.option(fc.string(), { nil: null }), fixedAddress: text, routerId: text },
    ...{
      forwardings: fc.option(fc.nat({ max: 3 }), { nil: null }),
      description: fc.string(),
      tags: fc.array(fc.string())
    },
    ...{ dnsName: text, createdAt: text, updatedAt: text, revision: fc.option(fc.integer(), { nil: null }) }
  })
  .chain((one) =>
    fc
      .option(fc.subarray(['port_id', 'project_id', 'fixed_ip_address', 'router_id']), { nil: undefined })
      .map((unsaid) => ({ ...one, ...(unsaid !== undefined && { unsaid }) }))
  )

t.test(
  'what has a port, forwards one, is another’s, kept, used by us, or not wholly said is never released',
  async () => {
    const known = fc.record({
      seenSince: fc.integer({ min: 0, max: now }),
      heldBy: fc.array(fc.string(), { maxLength: 2 })
    })
    fc.assert(
      fc.property(anyUse, known, fc.constantFrom('1h', '14d', 'never'), (one, memory, release) => {
        const by = settings({ floatingIps: { unattached: '1h', release } })
        const subject = { ...seen(one), ...memory }
        if (!judgeIdle(subject, by, now).release) return true
        const spare = one.portId === null && one.fixedAddress === null && one.routerId === null && one.forwardings === 0
        const own = one.projectId === 'p-dev' && (one.unsaid ?? []).length === 0
        const free = !one.tags.includes('keep') && one.dnsName === null && memory.heldBy.length === 0
        const said = one.createdAt !== null && one.updatedAt !== null && one.revision !== null
        return release !== 'never' && spare && own && free && said && memory.seenSince <= now - 3_600_000
      }),
      { numRuns: 2000 }
    )
  }
)

t.test('what the decision lets through, the look right before lets through, and nothing else', async () => {
  fc.assert(
    fc.property(anyUse, fc.integer({ min: 0, max: now }), (one, seenSince) => {
      const by = settings({ floatingIps: { unattached: '1h', release: '14d' } })
      const subject = { ...seen(one), seenSince, heldBy: [] }
      const released = judgeIdle(subject, by, now).release
      return !released || objectionTo(subject, { ...by, release: '14d' }, now) === null
    }),
    { numRuns: 500 }
  )
})
