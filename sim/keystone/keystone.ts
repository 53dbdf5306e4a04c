import type { Bus } from '../notify.ts'
import { hexId, type Project, type State, type Token, type User } from '../state.ts'
import { Refusal, type Reply, type ServiceApp, type Tree, text, tree } from '../wire.ts'
import { assignmentRoutes } from './assignments.ts'
import { delegationRoutes } from './delegations.ts'
import { roleId, rolesIn } from './grants.ts'
import { peopleRoutes } from './people.ts'
import { unifiedRoutes } from './unified.ts'
import { keystoneFault } from './wire.ts'

/** Identity v3: tokens by password or application credential, the catalogue, discovery, and who may do what. */
export function createKeystone(state: State, bus: Bus, url: () => string): ServiceApp {
  /** `project` null: a token for the whole system. */
  function issue(user: User, project: Project | null, method: string): Reply {
    const expiresAt = Date.now() + state.tokenSeconds * 1000
    const roles = project === null ? user.systemRoles : rolesIn(state, user.id, project.id)
    const token: Token = {
      ...{ id: `gAAAAAB${hexId()}${hexId()}`, user, project: project ?? { id: '', name: '' }, roles },
      ...{ system: project === null, expiresAt }
    }
    state.tokens.set(token.id, token)
    return {
      status: 201,
      headers: { 'x-subject-token': token.id, vary: 'X-Auth-Token' },
      body: { token: show(token, method) }
    }
  }

  const offered = (token: Token) => catalogue(url(), token, state)

  function show(token: Token, method: string): Tree {
    const domain = { id: 'default', name: 'Default' }
    return {
      methods: [method],
      user: { domain, id: token.user.id, name: token.user.name, password_expires_at: null },
      audit_ids: [hexId().slice(0, 22)],
      expires_at: new Date(token.expiresAt).toISOString().replace('Z', '000Z'),
      issued_at: new Date().toISOString().replace('Z', '000Z'),
      ...(token.system
        ? { system: { all: true } }
        : { project: { domain, id: token.project.id, name: token.project.name }, is_domain: false }),
      roles: token.roles.map((name) => ({ id: roleId(state, name), name })),
      catalog: offered(token)
    }
  }

  function authenticate(auth: Tree): Reply {
    const identity = tree(auth.identity)
    const [method] = Array.isArray(identity.methods) ? identity.methods : []
    if (method === 'application_credential') {
      const given = tree(identity.application_credential)
      const user = given.user ? findUser(state, tree(given.user)) : null
      const credential = [...state.applicationCredentials.values()].find(
        ({ id, name, userId }) => id === given.id || (user && userId === user.id && name === given.name)
      )
      if (!credential || credential.secret !== given.secret) throw unauthorized()
      if (auth.scope !== undefined) throw unauthorized()
      return issue(state.users.get(credential.userId)!, state.projects.get(credential.projectId)!, method)
    }
    if (method !== 'password') throw unauthorized()
    const given = tree(tree(identity.password).user)
    const user = findUser(state, given)
    if (!user || user.password !== given.password) {
      failed(user)
      throw unauthorized()
    }
    if (tree(tree(auth.scope).system).all === true) {
      if (user.systemRoles.length === 0) throw unauthorized()
      return issue(user, null, method)
    }
    const wanted = tree(tree(auth.scope).project)
    const project = [...state.projects.values()].find(({ id, name }) => id === wanted.id || name === wanted.name)
    if (!project || rolesIn(state, user.id, project.id).length === 0) throw unauthorized()
    return issue(user, project, method)
  }

  /** A wrong password is the one authentication that is notified by default. */
  function failed(user: User | null): void {
    const payload = {
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      eventType: 'activity',
      id: hexId(),
      eventTime: new Date().toISOString().replace('Z', '000+0000'),
      action: 'authenticate',
      outcome: 'failure',
      observer: { id: hexId(), typeURI: 'service/security' },
      initiator: {
        id: user?.id ?? hexId(),
        typeURI: 'service/security/account/user',
        host: { address: '127.0.0.1', agent: 'sim' }
      },
      target: { id: hexId(), typeURI: 'service/security/account/user' },
      reason: { reasonType: 'HTTP', reasonCode: '401' }
    }
    const context = { service: 'keystone', token: null, requestId: '', globalRequestId: null } as const
    bus.emit(context, 'notifications', 'identity.sim', 'identity.authenticate', payload)
  }

  function services(type: string | null, token: Token): Reply {
    const all = offered(token).map(({ id, type, name }) => ({ id, type, name, enabled: true }))
    const found = all.filter((one) => type === null || one.type === type)
    return { status: 200, body: { services: found, links: { next: null, previous: null } } }
  }

  const version = (status: number): Reply => {
    const v3 = {
      id: 'v3.14',
      status: 'stable',
      updated: '2020-04-07T00:00:00Z',
      links: [{ rel: 'self', href: `${url()}/identity/v3/` }]
    }
    return { status, body: status === 300 ? { versions: { values: [v3] } } : { version: v3 } }
  }

  return {
    name: 'keystone',
    open: [
      ['GET', /^\/?$/, () => version(300)],
      ['GET', /^\/v3\/?$/, () => version(200)],
      ['POST', /^\/v3\/auth\/tokens$/, ({ body }) => authenticate(tree(body.auth))]
    ],
    routes: [
      ['GET', /^\/v3\/auth\/tokens$/, ({ token }) => ({ status: 200, body: { token: show(token, 'password') } })],
      [
        'GET',
        /^\/v3\/auth\/catalog$/,
        ({ token }) => ({
          status: 200,
          body: { catalog: offered(token) }
        })
      ],
      [
        'GET',
        /^\/v3\/projects$/,
        () => ({
          status: 200,
          body: {
            projects: [...state.projects.values()].map((one) => ({ ...one, enabled: true, domain_id: 'default' })),
            links: { next: null }
          }
        })
      ],
      [
        'GET',
        /^\/v3\/projects\/([^/]+)$/,
        (_, id) => {
          const found = state.projects.get(id!)
          if (!found) throw new Refusal(keystoneFault(404, `Could not find project: ${id}.`))
          return { status: 200, body: { project: { ...found, enabled: true, domain_id: 'default' } } }
        }
      ],
      ['GET', /^\/v3\/services$/, ({ query, token }) => services(query.get('type'), token)],
      ...unifiedRoutes(state, keystoneFault),
      ...assignmentRoutes(state, bus),
      ...peopleRoutes(state, bus),
      ...delegationRoutes(state, bus)
    ],
    fault: keystoneFault
  }
}

/** What keystonemiddleware answers in front of every service. */
export function unauthorized(): Refusal {
  return new Refusal({
    ...keystoneFault(401, 'The request you have made requires authentication.'),
    headers: { 'www-authenticate': 'Keystone uri="http://127.0.0.1/identity"' }
  })
}

/** Forgets tokens that ended, as Fernet does by itself. */
export function findToken(state: State, id: unknown): Token | null {
  const token = state.tokens.get(String(id))
  if (!token) return null
  if (token.expiresAt > Date.now()) return token
  state.tokens.delete(token.id)
  return null
}

function findUser(state: State, given: Tree): User | null {
  return (
    [...state.users.values()].find(
      ({ id, name }) => id === given.id || (given.id === undefined && name === text(given.name))
    ) ?? null
  )
}

function catalogue(url: string, { project, system }: Token, { absent, regions }: State): Tree[] {
  const service = (type: string, name: string, path: string) => ({
    id: name,
    type,
    name,
    endpoints: regions.flatMap((region) =>
      ['public', 'internal', 'admin'].map((face) => ({
        ...{ id: `${name}-${face}-${region}`, interface: face, region, region_id: region },
        url: `${url}${path}`
      }))
    )
  })
  const all = [
    service('identity', 'keystone', '/identity/v3'),
    service('compute', 'nova', '/compute/v2.1'),
    // Bare on purpose: real catalogues do both.
    service('network', 'neutron', '/network'),
    service('dns', 'designate', '/dns'),
    // Its address has the project in it, so a token for the system does not see it.
    ...(system ? [] : [service('volumev3', 'cinder', `/volume/v3/${project.id}`)]),
    service('load-balancer', 'octavia', '/load-balancer'),
    service('image', 'glance', '/image'),
    service('placement', 'placement', '/placement')
  ]
  return all.filter(({ type }) => !absent.has(type))
}
