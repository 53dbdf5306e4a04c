// What a member of dev tries against the others, on the real control plane: everything here is made by ordinary users, but
// for the one network that administrators share.
import t, { type Test } from 'tap'
import { type Product, product } from './product.ts'
import { breachesOf, until } from './seen.ts'
import { admin, dev, infra, isolationPolicies, prod } from './stage.ts'
import { cleanLab, dig, type User, user } from './user.ts'

t.setTimeout(900_000)

const tag = 'hostile-'
const sweepSeconds = 10
const more = `exempt:
  - { rule: '*', resource: prod/${tag}bastion, reason: audit, owner: carol, until: 2999-12-31 }
`
const shared = (text: string) => text.replace('      shared:\n', `      shared:\n        networks: [${tag}transfer]\n`)
const options = {
  mode: 'enforce',
  policies: shared(isolationPolicies({ more })),
  sweepEvery: `${sweepSeconds}s`,
  calls: '^(?!.*/auth/tokens)'
}

type Service = Parameters<User['call']>[0]

/** Makes something, and takes it away with the test; the last one first. */
function maker(t: Test) {
  const undo: (() => Promise<unknown>)[] = []
  t.teardown(async () => {
    for (const one of undo.reverse()) await one().catch(() => {})
  })
  return async (by: User, service: Service, path: string, key: string, body: object): Promise<string> => {
    const { id } = (await by.call(service, 'POST', path, { [key]: body }))[key]
    undo.push(() => admin.call(service, 'DELETE', `${path}/${id}`))
    return id
  }
}
type Make = ReturnType<typeof maker>

const networkOf = async (by: User, name: string): Promise<string> =>
  (await admin.list('network', `/networks?name=${name}&project_id=${await by.projectId()}`, 'networks'))[0].id

const letIn = async (make: Make, by: User, name: string, port: number, remote_ip_prefix: string) => {
  const security_group_id = await make(by, 'network', '/security-groups', 'security_group', { name: `${tag}${name}` })
  const rule = { security_group_id, direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp', remote_ip_prefix }
  const of = { ...rule, port_range_min: port, port_range_max: port }
  return make(by, 'network', '/security-group-rules', 'security_group_rule', of)
}
const stands = async (rule: string): Promise<boolean> =>
  (await admin.list('network', `/security-group-rules?id=${rule}`, 'security_group_rules')).length === 1

async function sweeps(reflex: Product, count: number): Promise<void> {
  const before = await reflex.metric('sweeps_total')
  await until('sweeps', 180, async () => (await reflex.metric('sweeps_total')) >= before + count, 500)
  await reflex.settled()
}
const open = (reflex: Product, rule: string) =>
  breachesOf(reflex).filter((one) => one.rule === rule && one.ended === null)

t.test('a member of dev makes the product no weapon', async (t) => {
  await cleanLab()
  t.teardown(cleanLab)
  const make = maker(t)
  const subnet = (network_id: string, cidr: string) =>
    make(dev, 'network', '/subnets', 'subnet', { network_id, ip_version: 4, cidr, enable_dhcp: false })
  const [devNet, infraNet] = [await networkOf(dev, 'dev-net'), await networkOf(infra, 'infra-net')]
  await make(admin, 'network', '/networks', 'network', { name: `${tag}transfer`, shared: true })
  const ssh = await letIn(make, infra, 'ssh', 5432, '172.20.5.0/24')
  const pods = [{ ip_address: '10.244.7.0/24' }]
  const pairs = { network_id: infraNet, name: `${tag}pods`, allowed_address_pairs: pods }
  const port = await make(infra, 'network', '/ports', 'port', pairs)
  const victim = await prod.boot(`${tag}db`)
  await prod.active(victim)
  t.teardown(async () => {
    await prod.call('compute', 'DELETE', `/servers/${victim}`)
    await prod.gone(victim)
  })
  const reflex = await product(t)
  await reflex.start(options)
  await sweeps(reflex, 1)
  const before = await dig(`${tag}db.prod.cloud.lab`, 'A')
  t.equal(before.length, 1)

  // 6: ranges of their own making, on a network of their own and on the one that the configuration names.
  const scratch = await make(dev, 'network', '/networks', 'network', { name: `${tag}scratch` })
  await subnet(scratch, '172.20.0.0/16')
  await subnet(devNet, '10.244.0.0/16')
  await sweeps(reflex, 1)
  await infra.call('network', 'PUT', `/ports/${port}`, { port: { name: `${tag}changed` } })
  await sweeps(reflex, 2)
  t.ok(await stands(ssh), 'infra’s rule is there')
  const { allowed_address_pairs: left } = (await admin.call('network', 'GET', `/ports/${port}`)).port
  t.match(left, pods, 'so is its address pair')
  for (const rule of ['security-group-other-cluster', 'port-address-pairs'])
    t.match(
      open(reflex, rule),
      [{ state: 'open', because: /dev’s people made that range/ }],
      `${rule} is told as dev’s`
    )

  // 7: a decoy of the shared network; what is open to the world is closed all the same.
  await make(dev, 'network', '/networks', 'network', { name: `${tag}transfer` })
  await sweeps(reflex, 1)
  const world = await letIn(make, dev, 'world', 22, '0.0.0.0/0')
  await until('the world is shut out', 60, async () => !(await stands(world)), 100)

  // 8: names that are others' exemptions.
  const bastions = await Promise.all([dev, prod].map((by) => letIn(make, by, 'bastion', 22, '0.0.0.0/0')))
  await until('dev’s bastion is shut', 60, async () => !(await stands(bastions[0]!)), 100)
  await sweeps(reflex, 1)
  t.ok(await stands(bastions[1]!), 'prod’s is exempt')

  // 9: ports that name the victim's server.
  for (const device_owner of ['compute:nova', ''])
    await make(dev, 'network', '/ports', 'port', { network_id: devNet, device_id: victim, device_owner })
  await sweeps(reflex, 2)
  t.same(open(reflex, 'port-foreign-network'), [], 'nobody is accused')
  t.same(await dig(`${tag}db.prod.cloud.lab`, 'A'), before, 'its name has its own address')
  await prod.call('compute', 'PUT', `/servers/${victim}`, { server: { name: `${tag}store` } })
  await sweeps(reflex, 1)
  t.same(await dig(`${tag}store.prod.cloud.lab`, 'A'), before, 'and goes with its name')
})

t.test('a member is no administrator here', async (t) => {
  const tenant = user('dev-user')
  const shared = { network: { name: `${tag}shared`, shared: true } }
  // Or the test above shows nothing.
  await t.rejects(tenant.call('network', 'POST', '/networks', shared), { message: /: 403 / })
})
