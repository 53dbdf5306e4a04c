// A second attack as a member of dev, on the real control plane: what the mended product still let through.
import t, { type Test } from 'tap'
import { type Product, product } from './product.ts'
import { until } from './seen.ts'
import { admin, dev, isolationPolicies, prod } from './stage.ts'
import { cleanLab, dig, type User } from './user.ts'

t.setTimeout(900_000)

const tag = 'hostile2-'
const options = {
  mode: 'enforce',
  policies: isolationPolicies(),
  sweepEvery: '10s',
  calls: '^(?!.*/auth/tokens)'
}

type Service = Parameters<User['call']>[0]

function maker(t: Test) {
  const undo: (() => Promise<unknown>)[] = []
  t.teardown(async () => {
    for (const one of undo.reverse()) await one().catch(() => {})
  })
  const make = async (by: User, service: Service, path: string, key: string, body: object): Promise<string> => {
    const { id } = (await by.call(service, 'POST', path, { [key]: body }))[key]
    undo.push(() => admin.call(service, 'DELETE', `${path}/${id}`))
    return id
  }
  return { make, undo }
}

const portOf = async (id: string) => (await admin.call('network', 'GET', `/ports/${id}`)).port
async function sweeps(reflex: Product, count: number): Promise<void> {
  const before = await reflex.metric('sweeps_total')
  await until('sweeps', 180, async () => (await reflex.metric('sweeps_total')) >= before + count, 500)
  await reflex.settled()
}

t.test('a member of dev hides nothing, and takes no name', async (t) => {
  await cleanLab()
  t.teardown(cleanLab)
  const { make, undo } = maker(t)
  const boot = async (by: User, name: string) => {
    const id = await by.boot(`${tag}${name}`)
    await by.active(id)
    undo.push(async () => {
      await by.call('compute', 'DELETE', `/servers/${id}`)
      await by.gone(id)
    })
    return id
  }
  const reflex = await product(t)
  await reflex.start(options)
  await sweeps(reflex, 1)

  await t.test('a range that it made for it excuses no rule of its own', async (t) => {
    const [prodSubnet] = await prod.list('network', '/subnets?ip_version=4', 'subnets')
    const scratch = await make(dev, 'network', '/networks', 'network', { name: `${tag}scratch` })
    const { cidr } = prodSubnet
    await make(dev, 'network', '/subnets', 'subnet', { network_id: scratch, ip_version: 4, cidr, enable_dhcp: false })
    await sweeps(reflex, 2)
    const security_group_id = await make(dev, 'network', '/security-groups', 'security_group', {
      name: `${tag}a\n\u001b[2Jb`
    })
    const rule = await make(dev, 'network', '/security-group-rules', 'security_group_rule', {
      ...{ security_group_id, direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp', remote_ip_prefix: cidr },
      ...{ port_range_min: 22, port_range_max: 22 }
    })
    const stands = async () =>
      (await admin.list('network', `/security-group-rules?id=${rule}`, 'security_group_rules')).length === 1
    await until('it is closed', 60, async () => !(await stands()), 200)
    const told = JSON.stringify(await reflex.get(`/api/v1/explain?about=${security_group_id}`))
    t.match(told, /of dev lets in addresses of prod: tcp 22/, 'and told, whatever its name says')
  })

  await t.test('a server’s port does not become Neutron’s own', async () => {
    const server = await boot(dev, 'bare')
    const { id } = (await dev.ports(server))[0]!
    await sweeps(reflex, 1)
    const put = (port: object) => dev.call('network', 'PUT', `/ports/${id}`, { port })
    await put({ device_owner: 'network:dhcp' })
    await put({ security_groups: [] })
    await put({ port_security_enabled: false })
    await until('it is a server’s again', 90, async () => (await portOf(id)).device_owner.startsWith('compute:'), 200)
    await until('it is filtered again', 90, async () => (await portOf(id)).port_security_enabled, 200)
  })

  await t.test('an external network of its own gives no names', async (t) => {
    const theirs = await prod.floatingIp()
    undo.push(() => prod.call('network', 'DELETE', `/floatingips/${theirs.id}`))
    const victim = await boot(prod, 'front')
    const front = (await prod.ports(victim))[0]!
    await prod.call('network', 'PUT', `/floatingips/${theirs.id}`, { floatingip: { port_id: front.id } })
    await reflex.settled()

    const ext = await make(dev, 'network', '/networks', 'network', { name: `${tag}ext` })
    const rbac = { object_type: 'network', object_id: ext, action: 'access_as_external' }
    await make(dev, 'network', '/rbac-policies', 'rbac_policy', { ...rbac, target_tenant: await dev.projectId() })
    const range = theirs.address.replace(/\d+$/, '')
    await make(dev, 'network', '/subnets', 'subnet', {
      ...{ network_id: ext, ip_version: 4, cidr: `${range}0/24`, gateway_ip: `${range}1`, enable_dhcp: false },
      allocation_pools: [{ start: theirs.address, end: theirs.address }]
    })
    const inside = await make(dev, 'network', '/networks', 'network', { name: `${tag}inside` })
    const subnet_id = await make(dev, 'network', '/subnets', 'subnet', {
      ...{ network_id: inside, ip_version: 4, cidr: '10.99.0.0/24', enable_dhcp: false }
    })
    const router = await make(dev, 'network', '/routers', 'router', { name: `${tag}router` })
    await dev.call('network', 'PUT', `/routers/${router}/add_router_interface`, { subnet_id })
    undo.push(() => admin.call('network', 'PUT', `/routers/${router}/remove_router_interface`, { subnet_id }))
    const [outer] = await dev.list('network', `/subnets?network_id=${ext}`, 'subnets')
    // Its gateway needs an address as well.
    await dev.call('network', 'PUT', `/subnets/${outer.id}`, {
      subnet: {
        allocation_pools: [
          { start: theirs.address, end: theirs.address },
          { start: `${range}250`, end: `${range}250` }
        ]
      }
    })
    const spare = await make(dev, 'network', '/ports', 'port', {
      network_id: ext,
      fixed_ips: [{ ip_address: theirs.address }]
    })
    await dev.call('network', 'PUT', `/routers/${router}`, { router: { external_gateway_info: { network_id: ext } } })
    undo.push(() => dev.call('network', 'PUT', `/routers/${router}`, { router: { external_gateway_info: {} } }))
    await dev.call('network', 'DELETE', `/ports/${spare}`)
    const imposter = await dev.boot(`${tag}imposter`, [`${tag}inside`])
    await dev.active(imposter)
    undo.push(async () => {
      await dev.call('compute', 'DELETE', `/servers/${imposter}`)
      await dev.gone(imposter)
    })
    const behind = (await dev.ports(imposter))[0]!
    const floating = { floating_network_id: ext, port_id: behind.id }
    const own = await make(dev, 'network', '/floatingips', 'floatingip', floating)
    t.equal((await dev.call('network', 'GET', `/floatingips/${own}`)).floatingip.floating_ip_address, theirs.address)
    await sweeps(reflex, 2)
    t.same(await dig(`${tag}imposter.dev.public.lab`, 'A'), [], 'no name says that dev has it')
    const ptr = await prod.call('dns', 'GET', `/reverse/floatingips/RegionOne:${theirs.id}`)
    t.equal(ptr.ptrdname, `${tag}front.prod.public.lab.`)
    t.equal((await dev.call('dns', 'GET', `/reverse/floatingips/RegionOne:${own}`)).ptrdname, null)
  })
})
