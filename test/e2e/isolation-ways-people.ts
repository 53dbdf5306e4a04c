import type { Way } from './isolation-hands.ts'

const quarantined = (
  rule: string,
  from: string,
  apart: Way['apart'],
  more: (hands: Parameters<Way['make']>[0]) => object | Promise<object>
): Way => ({
  rule,
  ...(apart === undefined ? {} : { apart }),
  // It was made so, and is so in quarantine as well.
  rest: /locked and stopped already/,
  async make(hands) {
    const { state, devUser, network, server } = hands
    const id = await server(devUser, { networks: [{ uuid: network('dev-net') }], ...(await more(hands)) })
    const { vmState } = state.servers.get(id)!
    const open = () => !state.servers.get(id)!.locked && state.servers.get(id)!.vmState === vmState
    return { lane: `server:${id}`, from, to: rule === 'server-key' ? 'prod' : 'dev', open }
  }
})

const credential = (rule: string, more: object): Way => ({
  rule,
  final: true,
  async make({ state, devUser, user, make }) {
    const path = `/users/${user('dev-user')}/application_credentials`
    const id = await make(devUser, 'identity', path, 'application_credential', { name: rule, ...more })
    const lane = `application-credential:${user('dev-user')}/${id}`
    return { lane, from: '*', to: 'dev', open: () => state.applicationCredentials.has(id) }
  }
})

/** How the rules of projects and of identity are broken. */
export const peopleWays: readonly Way[] = [
  {
    rule: 'project-quota-unlimited',
    async make({ sim, admin, project, put }) {
      await put(admin, 'compute', `/os-quota-sets/${project('dev')}`, { quota_set: { cores: -1 } })
      const open = () => sim.operator.quota('nova', 'dev').cores!.limit === -1
      return { lane: `project:${project('dev')}`, from: '*', to: 'dev', open }
    }
  },
  quarantined('server-flavor', 'dev', { dev: { flavors: ['m1.tiny'] } }, ({ state, named }) => ({
    flavorRef: named(state.flavors, 'm1.large').id
  })),
  quarantined('server-image', 'prod', undefined, async ({ prodUser, devUser, image, call, project }) => {
    const id = await image(prodUser, 'shared')
    await call(prodUser, 'image', 'POST', `/images/${id}/members`, { member: project('dev') })
    await call(devUser, 'image', 'PUT', `/images/${id}/members/${project('dev')}`, { status: 'accepted' })
    return { imageRef: id }
  }),
  quarantined('server-key', 'dev', undefined, () => ({ key_name: 'prod-key' })),
  credential('application-credential-unrestricted', { unrestricted: true, expires_at: '2099-01-01T00:00:00' }),
  credential('application-credential-no-expiry', {}),
  {
    rule: 'trust-impersonation',
    final: true,
    async make({ state, devUser, user, project, make }) {
      const id = await make(devUser, 'identity', '/OS-TRUST/trusts', 'trust', {
        ...{ trustor_user_id: user('dev-user'), trustee_user_id: user('infra-user'), project_id: project('dev') },
        ...{ impersonation: true, roles: [{ name: 'member' }] }
      })
      return { lane: `trust:${id}`, from: '*', to: 'dev', open: () => state.trusts.has(id) }
    }
  },
  {
    rule: 'person-two-clusters',
    async make({ admin, user, role, project, put, has }) {
      const path = `/projects/${project('dev')}/users/${user('prod-user')}/roles/${role('member')}`
      await put(admin, 'identity', path)
      const open = () => has('prod-user', 'member', 'dev')
      return { lane: `person:${user('prod-user')}`, from: 'dev', to: 'prod', open }
    }
  },
  {
    rule: 'admin-granted',
    async make({ admin, user, role, project, put, has }) {
      const path = `/projects/${project('infra')}/users/${user('infra-user')}/roles/${role('admin')}`
      await put(admin, 'identity', path)
      const open = () => has('infra-user', 'admin', 'infra')
      return { lane: `person:${user('infra-user')}`, from: '*', to: 'infra', open }
    }
  },
  {
    rule: 'system-role',
    async make({ state, admin, user, role, put, named }) {
      await put(admin, 'identity', `/system/users/${user('dev-user')}/roles/${role('reader')}`)
      const open = () => named(state.users, 'dev-user').systemRoles.includes('reader')
      return { lane: `person:${user('dev-user')}`, from: '*', to: '*', open }
    }
  },
  {
    rule: 'mapping-gives-back',
    told: true,
    async make({ state, admin, put }) {
      const roles = [{ name: 'member' }]
      const projects = [
        { name: 'dev', roles },
        { name: 'prod', roles }
      ]
      const rules = [{ local: [{ user: { name: '{0}' } }, { projects }], remote: [{ type: 'REMOTE_USER' }] }]
      await put(admin, 'identity', '/OS-FEDERATION/mappings/company', { mapping: { rules } })
      return { lane: 'mapping:company', from: 'dev', to: '*', open: () => state.mappings.has('company') }
    }
  }
]
