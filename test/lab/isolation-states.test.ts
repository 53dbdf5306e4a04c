import { createHash } from 'node:crypto'
import t from 'tap'
import type { Breach, Ready } from './breaches/breach.ts'
import { grouping, newGroup, newRule } from './breaches/groups.ts'
import { granting } from './breaches/identity.ts'
import { plugging } from './breaches/ports.ts'
import { sharing } from './breaches/shares.ts'
import { storing } from './breaches/storage.ts'
import { ordinaryDay } from './ordinary.ts'
import { product } from './product.ts'
import { breachesOf, items, type Row, until } from './seen.ts'
import { admin, dev, infra, isolationPolicies, prod, stage } from './stage.ts'
import { cleanLab, type User } from './user.ts'

t.setTimeout(900_000)

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const tokens = { alice: 'alice-token-of-the-lab', bob: 'bob-token-of-the-lab' }
const people = `access: { operate: [sre] }
approvals: { tiers: { bursty: { groups: [sre] }, change-controlled: { groups: [sre] }, always-on: { groups: [sre] } } }
tokens:
  - { actor: alice, groups: [sre], sha256: ${sha256(tokens.alice)} }
  - { actor: bob, groups: [sre], sha256: ${sha256(tokens.bob)} }
`
const calls = '^(?!.*/auth/tokens)'
const anywhere = { protocol: 'tcp', port_range_min: 3306, port_range_max: 3306, remote_ip_prefix: '0.0.0.0/0' }
const ingress = async (group: string): Promise<Row[]> =>
  (await admin.call('network', 'GET', `/security-groups/${group}`)).security_group.security_group_rules.filter(
    (one: Row) => one.direction === 'ingress'
  )

t.test('exempt, expired, protected, observed and held: each is left as it should be', async (t) => {
  await cleanLab()
  t.teardown(cleanLab)
  await stage()
  const more = `exempt:
  - { rule: security-group-open, resource: dev/breach-exempt, owner: petra, until: 2099-12-31, reason: until the audit }
  - { rule: security-group-open, resource: dev/breach-expired, owner: petra, until: 2020-12-31, reason: a trial }
protected: [dev/breach-control-*, breach-named]
`
  const policies = isolationPolicies({ more, modes: '{ infra: observe }' })
  const reflex = await product(t)
  await reflex.start({ mode: 'off', policies, calls, more: people })
  await reflex.settled()

  const owners: Record<string, User> = {
    ...{ exempt: dev, expired: dev, 'control-plane': dev, named: dev },
    ...{ watched: infra, held: prod }
  }
  const groups: Record<string, string> = {}
  for (const [name, of] of Object.entries(owners)) {
    groups[name] = await newGroup(of, name)
    await newRule(of, groups[name], anywhere)
  }
  const found = (name: string) => breachesOf(reflex).find((one) => one.name === `breach-${name}` && one.ended === null)
  const open = async () =>
    ((await reflex.get('/api/v1/approvals?state=open')) as { items: Row[] }).items.filter((one) => one.state === 'open')

  await until('the expired one is closed', 30, async () => (await ingress(groups.expired!)).length === 0)
  const [decision] = (await items(reflex, '/api/v1/decisions?limit=500')).filter(
    (one) => one.lane === `security-group:${groups.expired}` && one.outcome === 'act'
  )
  t.match(decision.findings.join(), /exemption of dev\/breach-expired from security-group-open ran out/, 'and told')
  const states = {
    exempt: { state: 'exempt', because: /petra answers for it until 2099-12-31: until the audit/ },
    'control-plane': { state: 'open', because: /protected \('dev\/breach-control-\*'\)/ },
    watched: { state: 'open', because: /on observe/ },
    named: { state: 'closing', because: /people have to approve it, as 'breach-named' of protected is a bare name/ },
    held: { state: 'closing', because: /security-group-rule-delete/ }
  }
  for (const [name, state] of Object.entries(states)) {
    await until(`${name} is told`, 30, async () => found(name))
    t.match(found(name), state, name)
  }
  const asked = await until('the approval', 30, async () =>
    (await open()).find((one) => one.lane === `security-group:${groups.held}`)
  )
  await reflex.settled(30).catch(() => {})
  for (const name of Object.keys(states)) t.equal((await ingress(groups[name]!)).length, 1, `${name} is as it was`)
  t.same(reflex.sentCalls().length, 1, 'one call: the one that closed what had expired')

  t.match(await reflex.post(`/api/v1/approvals/${asked.id}/approve`, {}), { status: 401 })
  t.match(await reflex.post(`/api/v1/approvals/${asked.id}/approve`, { reason: 'go' }, tokens.bob), { status: 200 })
  await until('what was held is closed', 30, async () => (await ingress(groups.held!)).length === 0)
  t.pass('what was held is closed once a person approved')

  const action = await until('the action', 30, async () =>
    (await items(reflex, '/api/v1/actions?limit=500')).find(
      (one) => one.lane === `security-group:${groups.held}` && one.state === 'done'
    )
  )
  t.match(await reflex.post(`/api/v1/actions/${action.id}/undo`, { reason: 'we need it' }, tokens.alice), {
    status: 200
  })
  const undo = await until('the approval of the undo', 30, async () =>
    (await open()).find((one) => one.policy === 'undo')
  )
  const self = await reflex.post(`/api/v1/approvals/${undo.id}/approve`, {}, tokens.alice)
  t.equal(self.status, 403, 'who asks for it does not approve it')
  t.match(await reflex.post(`/api/v1/approvals/${undo.id}/approve`, {}, tokens.bob), { status: 200 })
  await until('it is open again', 30, async () => (await ingress(groups.held!)).length === 1)
  t.pass('and open again once a second person approved')
})

t.test('what is broken while nobody listens is found at start', async (t) => {
  await cleanLab()
  t.teardown(cleanLab)
  const world = await stage()
  const chosen = [...sharing, ...grouping, ...plugging, ...storing, ...granting].filter(({ rule, how }) =>
    [
      ...['rbac-shared-subnet-pool', 'network-shared', 'security-group-open', 'default-group-changed'],
      ...['port-address-pairs', 'port-security-off', 'image-visible', 'image-shared', 'volume-type-access'],
      ...['person-two-clusters', 'mapping-gives-back'].filter(() => how === undefined)
    ].includes(rule)
  )
  const ready = await Promise.all(
    chosen.map(async (breach): Promise<[Breach, Ready]> => [breach, (await breach.ready(world)) as Ready])
  )
  const reflex = await product(t)
  await reflex.start({ mode: 'off', policies: isolationPolicies(), calls })
  await reflex.settled()
  t.same(breachesOf(reflex), [])
  await reflex.stop()
  await reflex.loseQueue()
  for (const [, { breaks }] of ready) await breaks()
  const began = Date.now()
  await reflex.start({ mode: 'off', policies: isolationPolicies(), calls })
  const up = Date.now()
  const took = await Promise.all(
    ready.map(async ([{ rule, closes }, { isOpen, resource }]) => {
      await until(`${rule} is found`, 60, async () =>
        breachesOf(reflex).some((one) => one.rule === rule && one.resource.includes(resource()))
      )
      if (closes !== false) await until(`${rule} is closed`, 60, async () => !(await isOpen()))
      return Date.now() - up
    })
  )
  t.equal(took.length, 11)
  t.comment(
    `${took.length} breaches made while it was down: up after ${up - began} ms, all closed or told ${Math.max(...took)} ms later`
  )
})

t.test(
  'a storm of 500 changed rules, five of them breaches: the five are closed, the others not touched',
  async (t) => {
    await cleanLab()
    t.teardown(cleanLab)
    await stage()
    const owners = Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? dev : infra))
    const groups = await Promise.all(owners.map((of, n) => newGroup(of, `storm-${n}`)))
    const reflex = await product(t)
    await reflex.start({ mode: 'off', policies: isolationPolicies(), calls })
    await reflex.settled()
    const before = await Promise.all(groups.map(async (group) => (await ingress(group)).length))
    t.same(new Set(before), new Set([0]))

    // Fifty in each group, most of them five at a time: Neutron itself makes no more than some ten a second here.
    const fine = groups.flatMap((group, n) =>
      Array.from({ length: 10 }, (_, lot) => ({ group, of: owners[n]!, first: lot * 5, open: lot === 5 && n < 5 }))
    )
    const broken: { group: string; at: number; closed?: number }[] = []
    const lots = fine.sort((a, b) => a.first - b.first)
    const began = Date.now()
    const watch = async (one: (typeof broken)[number]) => {
      const open = async () => (await ingress(one.group)).some((rule) => rule.port_range_min === 3306)
      await until('a breach is closed', 120, async () => !(await open()))
      one.closed = Date.now()
    }
    const watching: Promise<void>[] = []
    const worker = async () => {
      for (let lot = lots.shift(); lot !== undefined; lot = lots.shift()) {
        const { group, of, first, open } = lot
        const https = {
          direction: 'ingress',
          ethertype: 'IPv4',
          protocol: 'tcp',
          port_range_min: 443,
          port_range_max: 443
        }
        const security_group_rules = Array.from({ length: open ? 4 : 5 }, (_, n) => ({
          ...https,
          security_group_id: group,
          remote_ip_prefix: `198.18.0.${first + n + 1}/32`
        }))
        await of.call('network', 'POST', '/security-group-rules', { security_group_rules })
        if (!open) continue
        await newRule(of, group, anywhere)
        const one = { group, at: Date.now() }
        broken.push(one)
        watching.push(watch(one))
      }
    }
    await Promise.all(Array.from({ length: 5 }, worker))
    const stormed = Date.now() - began
    await Promise.all(watching)
    const closings = reflex.sentCalls()
    await reflex.settled()
    t.ok(stormed < 60_000, `500 rules were made in ${stormed} ms`)
    t.equal(broken.length, 5)
    t.same(
      closings.map(({ call }) => call.replace(/[0-9a-f-]{36}$/, '…')),
      Array(5).fill('DELETE /v2.0/security-group-rules/…'),
      'five calls, each deletes one rule'
    )
    const left = (await Promise.all(groups.map(ingress))).flat()
    t.equal(left.length, 495, 'the other 495 are there')
    t.same(
      left.filter((rule) => rule.port_range_min !== 443),
      []
    )
    const decisions = (await items(reflex, '/api/v1/decisions?limit=500')).filter(({ lane }) =>
      groups.some((group) => lane === `security-group:${group}`)
    )
    const times = broken.map((one) => one.closed! - one.at).sort((a, b) => a - b)
    t.comment(
      `500 rules in ${stormed} ms, five breaches closed ${times.join(', ')} ms after the API's answer; ${decisions.length} decisions`
    )
  }
)

t.test('an ordinary day of three well-behaved clusters breaks nothing', async (t) => {
  await cleanLab()
  t.teardown(cleanLab)
  const world = await stage()
  const reflex = await product(t)
  await reflex.start({ mode: 'off', policies: isolationPolicies(), calls, sweepEvery: '10s' })
  await reflex.settled()
  const [prodUser, infraUser] = await Promise.all([prod.userId(), infra.userId()])
  const days = [
    { of: dev, range: '10.10.0.0/16', volumeType: 'dev-disk', floating: true, roleFor: world.people.ada },
    { of: prod, range: '10.20.0.0/16', volumeType: 'prod-disk', floating: true, roleFor: prodUser },
    { of: infra, range: '10.30.0.0/16', volumeType: 'breach-luks', floating: false, roleFor: infraUser }
  ]
  const operations = await Promise.all(days.map((day) => ordinaryDay(day, world)))
  await reflex.settled()
  const swept = await reflex.metric('sweeps_total')
  await until('two more sweeps', 120, async () => (await reflex.metric('sweeps_total')) >= swept + 2)
  t.same(
    breachesOf(reflex).map(({ rule, summary }) => `${rule}: ${summary}`),
    [],
    'no breach, then or now'
  )
  t.same(reflex.sentCalls(), [], 'nothing was changed')
  const decisions = await items(reflex, '/api/v1/decisions?limit=500')
  t.same(
    decisions.filter((one) => one.findings.length > 0).map((one) => one.findings),
    [],
    'and no finding'
  )
  t.comment(
    `${operations.reduce((sum, one) => sum + one)} operations of three clusters: ${decisions.length} decisions, no finding`
  )
})
