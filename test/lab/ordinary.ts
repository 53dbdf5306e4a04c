import { setTimeout as sleep } from 'node:timers/promises'
import { newGroup, newRule, ssh } from './breaches/groups.ts'
import { newVolume } from './breaches/storage.ts'
import { breachName as prefix } from './clean.ts'
import { until } from './seen.ts'
import { admin, type Stage } from './stage.ts'
import type { User } from './user.ts'

/** What one cluster's people do on an ordinary day, none of which concerns the others. */
export interface Day {
  readonly of: User
  readonly range: string
  readonly volumeType: string
  /** Whether its servers may have floating IPs; otherwise its load balancer has one. */
  readonly floating: boolean
  readonly roleFor: string
}

/** Does all of it, and takes most of it away again; answers how many operations that were. */
export async function ordinaryDay(day: Day, { projects, roles }: Stage): Promise<number> {
  const { of, range } = day
  const project = projects[of.project as keyof Stage['projects']]
  let operations = 0
  const call = async (...args: Parameters<User['call']>) => {
    operations++
    return of.call(...args)
  }
  const servers = await Promise.all(['web', 'db'].map((name) => of.boot(`${prefix}${of.project}-${name}`)))
  for (const one of servers) await of.active(one)
  operations += servers.length
  const [web, db] = servers as [string, string]
  const [port] = await of.ports(web)

  const group = await newGroup(of, `${of.project}-web`)
  await newRule(of, group, { protocol: 'tcp', port_range_min: 443, port_range_max: 443 })
  await newRule(of, group, { ...ssh, remote_ip_prefix: range })
  await newRule(of, group, { ...ssh, remote_group_id: group })
  operations += 4
  await call('network', 'PUT', `/ports/${port!.id}`, { port: { security_groups: [group] } })
  const vip = { allowed_address_pairs: [{ ip_address: range.replace(/0\.0\/16$/, '0.250') }] }
  await call('network', 'PUT', `/ports/${port!.id}`, { port: vip })

  const volume = await newVolume(of, day.volumeType)
  const volumeAttachment = { volumeId: volume }
  await call('compute', 'POST', `/servers/${db}/os-volume_attachments`, { volumeAttachment })
  await volumeIs(of, volume, 'in-use')
  await call('compute', 'DELETE', `/servers/${db}/os-volume_attachments/${volume}`)
  await volumeIs(of, volume, 'available')

  const [subnet] = await of.list('network', `/subnets?name=${of.project}-net-v4`, 'subnets')
  const loadbalancer = { name: `${prefix}${of.project}`, vip_subnet_id: subnet.id }
  const balancer = (await call('balancer', 'POST', '/lbaas/loadbalancers', { loadbalancer })).loadbalancer
  await of.floatingIp(day.floating ? port!.id : balancer.vip_port_id)
  operations++

  await call('compute', 'PUT', `/servers/${web}`, { server: { name: `${prefix}${of.project}-www` } })
  await call('compute', 'POST', `/servers/${web}/action`, { createImage: { name: `${prefix}${of.project}-snapshot` } })
  await call('compute', 'POST', `/servers/${db}/action`, { 'os-stop': null })
  const network = { network: { name: `${prefix}${of.project}-more` } }
  const more = (await call('network', 'POST', '/networks', network)).network.id
  const [net] = range.split('.').slice(1)
  const own = { network_id: more, ip_version: 4, cidr: `10.${100 + Number(net)}.0.0/24`, name: `${prefix}more` }
  const { id: subnetId } = (await call('network', 'POST', '/subnets', { subnet: own })).subnet
  const { id: router } = (
    await call('network', 'POST', '/routers', { router: { name: `${prefix}${of.project}-more` } })
  ).router
  await call('network', 'PUT', `/routers/${router}/add_router_interface`, { subnet_id: subnetId })

  await admin.call('identity', 'PUT', `/projects/${project}/users/${day.roleFor}/roles/${roles.reader}`)
  const path = `/users/${await of.userId()}/application_credentials`
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString().replace('Z', '')
  const application_credential = { name: `${prefix}${of.project}-deploy`, expires_at: inAnHour }
  const { id } = (await call('identity', 'POST', path, { application_credential })).application_credential
  await call('identity', 'DELETE', `${path}/${id}`)
  await admin.call('identity', 'DELETE', `/projects/${project}/users/${day.roleFor}/roles/${roles.reader}`)
  await call('network', 'PUT', `/routers/${router}/remove_router_interface`, { subnet_id: subnetId })
  await call('compute', 'DELETE', `/servers/${db}`)
  await of.gone(db)
  return operations + 2
}

async function volumeIs(of: User, id: string, status: string): Promise<void> {
  await until(`volume ${id} is ${status}`, 120, async () => {
    const path = `/${await of.projectId()}/volumes/${id}`
    return (await of.call('volume', 'GET', path)).volume.status === status
  })
  // Nova takes a moment longer than Cinder.
  await sleep(500)
}
