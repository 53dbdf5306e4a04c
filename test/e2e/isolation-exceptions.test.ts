import t from 'tap'
import type { Actor } from '../../src/core/approval.ts'
import { resume, stop } from '../../src/people/stops.ts'
import { vote } from '../../src/people/vote.ts'
import { handsOf, until, type World } from './isolation-hands.ts'
import { wayOf } from './isolation-ways.ts'
import { contextOf, isolationE2e } from './isolation-world.ts'

const alice: Actor = { name: 'alice', groups: ['sre'], local: false }

const broken = async (world: World, rule: string) => wayOf(rule).make(handsOf(world))
const breach = async ({ journal }: World) => (await journal.breaches({ policy: 'isolation' }))[0]!
const changes = async ({ journal }: World) => (await journal.actions({ limit: 50 })).length

const exemption = { rule: 'security-group-open', resource: 'dev/security-group-open', reason: 'audit', owner: 'carol' }
const grace = { critical: '0s', high: '1h', medium: '0s', low: '0s' }
const crossing = { from: 'dev', to: '*', reason: 'the status page' }

const hourMs = 3_600_000
/** Time that passes when a test says so: however slow the machine is, what ends by itself does not end before it is looked at. */
function clock() {
  let ahead = 0
  return {
    now: () => Date.now() + ahead,
    later: (world: World) => {
      ahead += hourMs
      world.wake()
    }
  }
}

t.jobs = 4

for (const [what, settings, says] of [
  [
    'exempt',
    { exempt: [{ ...exemption, until: '2999-12-31' }] },
    { state: 'exempt', because: /^carol answers for it until 2999-12-31: audit/ }
  ],
  [
    'a rule on observe',
    { rules: { 'security-group-open': { mode: 'observe' } } },
    { state: 'open', because: /security-group-open is on observe/ }
  ],
  [
    'protected',
    { protected: ['dev/security-group-*'] },
    { state: 'open', because: /^protected \('dev\/security-group-\*'\): .* close it by hand/ }
  ],
  [
    'a rule on approve',
    { rules: { 'security-group-open': { mode: 'approve' } } },
    { state: 'closing', because: /closed by security-group-rule-delete/ }
  ]
] as const)
  t.test(`${what}: told, and left open`, { buffered: true }, async (t) => {
    const world = await isolationE2e(t, { settings })
    const { open } = await broken(world, 'security-group-open')
    await world.settled()
    await world.sweep()
    t.match(await breach(world), { ended: null, ...says })
    t.ok(open())
    t.equal(await changes(world), 0)
  })

t.test('a name that nobody has disables itself alone, and says so', { buffered: true }, async (t) => {
  const world = await isolationE2e(t, { settings: { shared: { volumeTypes: ['standard', '__DEFAULT__', 'golden'] } } })
  const { open } = await broken(world, 'security-group-open')
  await world.over()
  t.notOk(open(), 'what has nothing to do with it is closed')
  const troubles = (await world.journal.namePins('')).flatMap(({ trouble }) => trouble ?? [])
  t.match(troubles, [/^shared\.volumeTypes: no volume type is called golden: this entry counts for nothing/])
})

t.test('an exemption that ran out is a finding, and covers nothing', { buffered: true }, async (t) => {
  const world = await isolationE2e(t, { settings: { exempt: [{ ...exemption, until: '2020-12-31' }] } })
  const { open, lane } = await broken(world, 'security-group-open')
  await world.over()
  t.notOk(open())
  const said = await world.journal.decisions({ lane, limit: 10 })
  t.match(
    said.flatMap((one) => one.findings).join('\n'),
    /exemption of dev\/security-group-open .* ran out .*renew it or take it out/
  )
})

t.test('an exemption that runs out while it covers: closed at its end', { buffered: true }, async (t) => {
  const { now, later } = clock()
  const end = new Date(now() + hourMs).toISOString()
  const world = await isolationE2e(t, { now, settings: { exempt: [{ ...exemption, until: end }] } })
  const { open } = await broken(world, 'security-group-open')
  await until('the exemption', async () => (await world.journal.breaches({}))[0]?.state === 'exempt')
  await world.settled()
  t.ok(open(), 'not before')
  later(world)
  await closed(world, open)
  const [action] = await world.journal.actions({ limit: 1 })
  t.ok(action!.finishedAt! >= Date.parse(end))
})

t.test('a rule that is off says nothing', { buffered: true }, async (t) => {
  const world = await isolationE2e(t, { settings: { rules: { 'security-group-open': { mode: 'off' } } } })
  const { open } = await broken(world, 'security-group-open')
  await world.settled()
  await world.sweep()
  t.ok(open())
  t.strictSame(await world.journal.breaches({}), [])
})

for (const [what, when, stays, says] of [
  ['that is met: it may, and is no breach', 'evidence.portMin == 22', true, /it may, the status page \(crossing\)/],
  ['that is not met: closed', 'evidence.portMin == 80', false, /^$/],
  [
    'that fails: a finding, and closed',
    'evidence.nothing.of.this == 1',
    false,
    /its condition failed .*it allows nothing/
  ]
] as const)
  t.test(`a crossing with a condition ${what}`, { buffered: true }, async (t) => {
    const world = await isolationE2e(t, { settings: { crossing: [{ ...crossing, when }] } })
    const { open, lane } = await broken(world, 'security-group-open')
    await world.over()
    t.equal(open(), stays)
    const said = (await world.journal.decisions({ lane, limit: 10 })).map((one) => one.findings.join('\n'))
    if (says.source === '^$') t.notMatch(said.join('\n'), /crossing/)
    else t.match(said.join('\n'), says)
    t.equal((await world.journal.breaches({})).length, stays ? 0 : 1)
  })

t.test('within its grace a breach is told with its end, and closed then', { buffered: true }, async (t) => {
  const { now, later } = clock()
  const world = await isolationE2e(t, { now, settings: { grace } })
  const { open } = await broken(world, 'security-group-open')
  await world.settled()
  const noticed = await breach(world)
  t.match(noticed, { state: 'noticed', because: /^closed at .*Z unless it is gone by then \(grace\.high: 1h\)/ })
  t.ok(open())
  later(world)
  await closed(world, open)
  const [action] = await world.journal.actions({ limit: 1 })
  t.ok(action!.finishedAt! >= noticed.since + hourMs, 'not before its time')
})

t.test('who closes it within its grace is left in peace', { buffered: true }, async (t) => {
  const world = await isolationE2e(t, { settings: { grace } })
  const hands = handsOf(world)
  await wayOf('security-group-open').make(hands)
  await world.settled()
  const rule = [...hands.state.securityGroupRules.values()].find((one) => one.portMin === 22)!
  await hands.call(hands.devUser, 'network', 'DELETE', `/security-group-rules/${rule.id}`)
  await until('its end', async () => (await breach(world)).ended !== null)
  t.equal(await changes(world), 0)
})

t.test(
  'what cuts on a change-controlled cluster waits; a second person lets it through',
  { buffered: true },
  async (t) => {
    const world = await isolationE2e(t)
    const hands = handsOf(world)
    const group = await hands.group(hands.prodUser, 'web')
    await hands.letIn(hands.prodUser, group, 22, { remote_ip_prefix: '0.0.0.0/0' })
    await world.settled()
    const [asked] = await world.journal.approvals({ state: 'open' })
    t.match(asked, { lane: `security-group:${group}`, clusters: ['prod'], summary: /lets the world in/ })
    const open = () => [...hands.state.securityGroupRules.values()].some((one) => one.portMin === 22)
    t.ok(open())
    t.match(await vote(contextOf(world), { ...alice, groups: [] }, asked!.id, 'approve', null), { ok: false })
    t.match(await vote(contextOf(world), alice, asked!.id, 'approve', 'nobody needs it'), { ok: true })
    await closed(world, open)
  }
)

t.test('what only takes away an unused door of one does not wait', { buffered: true }, async (t) => {
  const world = await isolationE2e(t)
  const { prodUser, network, project, share, state } = handsOf(world)
  await share(prodUser, 'network', network('prod-net'), project('dev'))
  await world.over()
  t.equal(state.rbacPolicies.size, 0)
  t.strictSame(await world.journal.approvals({ limit: 1 }), [])
})

t.test('a stop holds it, and a resume lets it go on', { buffered: true }, async (t) => {
  const world = await isolationE2e(t)
  t.match(await stop(contextOf(world), alice, 'dev', 'a migration'), { ok: true })
  const { open, lane } = await broken(world, 'security-group-open')
  await until('the hold', async () => (await world.journal.lanes({ key: lane }))[0]?.held === 'stop')
  t.ok(open())
  t.match(await resume(contextOf(world), alice, { cluster: 'dev' }, null), { ok: true })
  await closed(world, open)
})

t.test('a budget holds what is more than its share', { buffered: true }, async (t) => {
  const world = await isolationE2e(t, {
    config: { limits: { budgets: [{ name: 'few', risk: 'delete', most: 2, window: '1h' }] } }
  })
  const { state, devUser, group, letIn } = handsOf(world)
  const ids = await Promise.all([...Array(4).keys()].map((n) => group(devUser, `web-${n}`)))
  for (const id of ids) await letIn(devUser, id, 22, { remote_ip_prefix: '0.0.0.0/0' })
  await until('two holds', async () => (await world.journal.lanes({ held: true })).length === 2)
  const left = () => [...state.securityGroupRules.values()].filter((one) => one.portMin === 22).length
  await until('the two that are within it', () => left() <= 2)
  await world.settled()
  await world.sweep()
  t.equal(left(), 2, 'the others stay')
  t.match(await world.journal.counts(), { lanesHeld: 2, lanesParked: 0 })
})

async function closed(world: World, open: () => boolean): Promise<void> {
  await until('the closing', () => !open())
  await until('its end', async () => (await breach(world)).ended !== null)
}
