import type { User } from './user.ts'

/** Whatever a test of isolation makes that has no owner to be found by is called so. */
export const breachName = 'breach-'

/** Deletes, and does not mind that it is gone already. */
const gone = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: { status?: number }) => {
    if (error.status !== 404) throw error
  })

/** A router can only go without interfaces, a network only without ports. */
async function cleanNetworks(admin: User): Promise<void> {
  const named = async (path: string, key: string) =>
    (await admin.list('network', path, key)).filter((one) => one.name.startsWith(breachName))
  for (const { id, object_id } of await admin.list(
    'network',
    '/rbac-policies?action=access_as_shared',
    'rbac_policies'
  ))
    await gone(admin.call('network', 'DELETE', `/rbac-policies/${id}`)).catch(() => object_id)
  for (const { id } of await named('/routers', 'routers')) {
    const ports = await admin.list('network', `/ports?device_id=${id}&device_owner=network:router_interface`, 'ports')
    for (const port of ports)
      await admin.call('network', 'PUT', `/routers/${id}/remove_router_interface`, { port_id: port.id })
    await gone(admin.call('network', 'DELETE', `/routers/${id}`))
  }
  for (const { id } of await named('/networks', 'networks')) {
    for (const port of await admin.list('network', `/ports?network_id=${id}`, 'ports'))
      if (!port.device_owner.startsWith('network:')) await gone(admin.call('network', 'DELETE', `/ports/${port.id}`))
    await gone(admin.call('network', 'DELETE', `/networks/${id}`))
  }
  for (const [path, key] of [
    ['/subnetpools', 'subnetpools'],
    ['/address-scopes', 'address_scopes'],
    ['/address-groups', 'address_groups']
  ] as const)
    for (const { id } of await named(path, key)) await gone(admin.call('network', 'DELETE', `${path}/${id}`))
}

/** What was added to the groups that every project has. */
async function cleanDefaultGroup(of: User): Promise<void> {
  const query = `/security-groups?name=default&project_id=${await of.projectId()}`
  const [group] = await of.list('network', query, 'security_groups')
  for (const rule of group?.security_group_rules ?? [])
    if (rule.direction === 'ingress' && rule.remote_group_id !== group.id)
      await gone(of.call('network', 'DELETE', `/security-group-rules/${rule.id}`))
}

async function cleanStorage(admin: User, users: readonly User[]): Promise<void> {
  for (const visibility of ['public', 'community', 'shared', 'private'])
    for (const { id, name } of await admin.list('image', `/images?visibility=${visibility}&limit=500`, 'images'))
      if (name?.startsWith(breachName)) await gone(admin.call('image', 'DELETE', `/images/${id}`))
  for (const { id, name } of await admin.list('volume', '/types?is_public=None', 'volume_types')) {
    if (name.startsWith(breachName)) await gone(admin.call('volume', 'DELETE', `/types/${id}`))
    const owner = users.find((one) => name === `${one.project}-disk`)
    if (owner === undefined) continue
    const own = await owner.projectId()
    const access = await admin.list('volume', `/types/${id}/os-volume-type-access`, 'volume_type_access')
    for (const { project_id: project } of access)
      if (project !== own)
        await admin.call('volume', 'POST', `/types/${id}/action`, { removeProjectAccess: { project } })
  }
}

async function cleanPeople(admin: User, users: readonly User[]): Promise<void> {
  for (const one of users) {
    const id = await one.userId()
    for (const { id: trust } of await one.list('identity', `/OS-TRUST/trusts?trustor_user_id=${id}`, 'trusts'))
      await gone(one.call('identity', 'DELETE', `/OS-TRUST/trusts/${trust}`))
    const path = `/users/${id}/application_credentials`
    for (const { id: credential, name } of await one.list('identity', path, 'application_credentials'))
      if (name.startsWith(breachName)) await gone(one.call('identity', 'DELETE', `${path}/${credential}`))
    for (const { keypair } of await one.list('compute', '/os-keypairs', 'keypairs'))
      if (keypair.name.startsWith(breachName)) await gone(one.call('compute', 'DELETE', `/os-keypairs/${keypair.name}`))
  }
  for (const kind of ['users', 'groups'])
    for (const { id, name } of await admin.list('identity', `/${kind}`, kind))
      if (name.startsWith(breachName)) await gone(admin.call('identity', 'DELETE', `/${kind}/${id}`))
  for (const { id } of await admin.list('identity', '/OS-FEDERATION/mappings', 'mappings'))
    if (id.startsWith(breachName)) await gone(admin.call('identity', 'DELETE', `/OS-FEDERATION/mappings/${id}`))
}

/** Once servers, ports, floating IPs and volumes are gone: the rest of what tests of isolation make. */
export async function cleanBreaches(admin: User, users: readonly User[]): Promise<void> {
  await cleanNetworks(admin)
  await Promise.all(users.map(cleanDefaultGroup))
  await cleanStorage(admin, users)
  await cleanPeople(admin, users)
}
