import { randomUUID } from 'node:crypto'
import { deletePort } from '../neutron/neutron.ts'
import { checkNeutronQuota } from '../neutron/quotas.ts'
import type { Bus, Context } from '../notify.ts'
import { type Server, type State, seconds } from '../state.ts'
import {
  type Call,
  isAdmin,
  page,
  Refusal,
  type Reply,
  type Route,
  type ServiceApp,
  type Tree,
  text,
  tree
} from '../wire.ts'
import { createActions } from './actions.ts'
import { flavorRoutes } from './flavors.ts'
import { createInterfaces, type Nic } from './interfaces.ts'
import { createNovaNotifier } from './notifications.ts'
import { checkNovaQuota, novaQuotaRoutes } from './quotas.ts'
import { portsOf, STATUS, showServer } from './show.ts'
import { asNeutron, contextOf, fault, microversion, refuse } from './wire.ts'

const MAX_MICROVERSION = 93
/** Compute v2.1: servers that boot, are renamed, stopped, started and deleted; microversions 2.1 to 2.93. */
export function createNova(state: State, bus: Bus): ServiceApp {
  const notifier = createNovaNotifier(state, bus)
  const act = createActions({ state, notifier, settle, later, refuse })
  const { plug, networksFor, attach, detach } = createInterfaces({ state, bus, notifier, server, unlocked, later })
  let count = 0

  function server(call: Call, id: string): Server {
    const found = state.servers.get(id)
    if (!found || (!isAdmin(call.token) && found.projectId !== call.token.project.id)) {
      throw refuse(404, `Instance ${id} could not be found.`)
    }
    return found
  }

  function settle(
    context: Context,
    target: Server,
    change: Partial<Pick<Server, 'vmState' | 'taskState' | 'launchedAt' | 'terminatedAt'>>
  ): void {
    const before = { vmState: target.vmState, taskState: target.taskState }
    Object.assign(target, change, { updatedAt: seconds() })
    notifier.update(context, target, before)
  }

  function create(call: Call): Reply {
    const wanted = tree(call.body.server)
    const name = text(wanted.name)
    if (name === null || name === '')
      throw refuse(400, "Invalid input for field/attribute server. Value: {}. 'name' is a required property")
    const flavor = state.flavors.get(String(wanted.flavorRef))
    if (!flavor) throw refuse(400, `Flavor ${wanted.flavorRef} could not be found.`)
    const nics = networksFor(call, wanted.networks)
    checkNovaQuota(state, call.token.project.id, { instances: 1, from: null, to: flavor }, refuse)
    checkPorts(call, nics)
    const id = randomUUID()
    const made: Server = {
      ...{
        id,
        name,
        hostname: name.toLowerCase().replace(/[^a-z0-9.-]+/g, '-'),
        projectId: call.token.project.id,
        userId: call.token.user.id
      },
      ...{ host: `fake${1 + (count % 2)}`, reservationId: `r-${id.slice(0, 8)}`, number: ++count },
      ...{ flavor, resizedFrom: null, keyName: text(wanted.key_name) },
      ...(state.images.has(String(wanted.imageRef)) ? { imageId: String(wanted.imageRef) } : {}),
      ...{ vmState: 'building', taskState: 'scheduling', metadata: tree(wanted.metadata) as Record<string, string> },
      ...{ createdAt: seconds(), updatedAt: seconds(), launchedAt: null, terminatedAt: null, locked: false }
    }
    state.servers.set(id, made)
    const context = contextOf(call)
    notifier.scheduling(context, made)
    notifier.update(context, made, { vmState: 'building', taskState: 'scheduling' })
    later(0.2, () => build(context, made, nics))
    const links = [{ rel: 'self', href: `${call.base}/v2.1/servers/${id}` }]
    return {
      status: 202,
      body: {
        server: { id, links, 'OS-DCF:diskConfig': 'MANUAL', security_groups: [{ name: 'default' }], adminPass: 'sim' }
      }
    }
  }

  /** Nova asks Neutron before it says yes, and answers in its own words. */
  function checkPorts(call: Call, nics: Nic[]): void {
    try {
      const port = nics.filter(({ portId }) => portId === null).length
      checkNeutronQuota(state, call.token.project.id, { port })
    } catch (error) {
      if (error instanceof Refusal) throw refuse(403, 'Maximum number of ports exceeded')
      throw error
    }
  }

  /** The phases of a boot, as far as anybody sees them; a server that was deleted meanwhile stops where it is. */
  function build(context: Context, target: Server, nics: Nic[]): void {
    if (target.taskState === 'deleting') return
    settle(context, target, { taskState: null })
    notifier.action(context, target, 'create.start')
    settle(context, target, { taskState: 'networking' })
    later(0.4, () => {
      if (target.taskState === 'deleting') return
      for (const nic of nics) plug(context, target, nic)
      settle(context, target, { taskState: 'spawning' })
      later(0.4, () => {
        if (target.taskState === 'deleting' || target.vmState === 'deleted') return
        for (const port of portsOf(state, target)) port.status = 'ACTIVE'
        settle(context, target, { vmState: 'active', taskState: null, launchedAt: seconds() })
        notifier.action(context, target, 'create.end', { addresses: true })
      })
    })
  }

  function remove(call: Call, id: string): Reply {
    const target = server(call, id)
    const context = contextOf(call)
    unlocked(call, target)
    if (target.taskState === 'deleting') return { status: 204 }
    settle(context, target, { taskState: 'deleting' })
    later(0.25, () => {
      notifier.action(context, target, 'delete.start')
      notifier.action(context, target, 'shutdown.start')
      for (const port of portsOf(state, target)) deletePort(state, bus, asNeutron(context), port)
      notifier.action(context, target, 'shutdown.end')
      settle(context, target, { vmState: 'deleted', taskState: null, terminatedAt: seconds() })
      state.servers.delete(id)
      notifier.action(context, target, 'delete.end', { gone: true })
    })
    return { status: 204 }
  }

  function rename(call: Call, id: string): Reply {
    const target = server(call, id)
    const name = text(tree(call.body.server).name)
    if (name !== null) {
      const before = { vmState: target.vmState, taskState: target.taskState, name: target.name }
      Object.assign(target, { name, updatedAt: seconds() })
      notifier.update(contextOf(call), target, before)
    }
    return { status: 200, body: { server: showServer(state, call, target) } }
  }

  function unlocked(call: Call, target: Server): void {
    if (target.locked && !isAdmin(call.token)) throw refuse(409, `Instance ${target.id} is locked`)
  }

  function metadata(call: Call, id: string, replace: boolean): Reply {
    const target = server(call, id)
    unlocked(call, target)
    const given = tree(call.body.metadata) as Record<string, string>
    target.metadata = replace ? given : { ...target.metadata, ...given }
    target.updatedAt = seconds()
    notifier.update(contextOf(call), target, { vmState: target.vmState, taskState: target.taskState })
    return { status: 200, body: { metadata: target.metadata } }
  }

  function list(call: Call, detail: boolean): Reply {
    const all = /^(1|true)$/i.test(call.query.get('all_tenants') ?? '')
    if (all && !isAdmin(call.token)) {
      throw refuse(403, "Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to be performed.")
    }
    const status = call.query.get('status')?.toUpperCase()
    const name = call.query.get('name')
    // Newest first, as Nova sorts.
    const found = [...state.servers.values()]
      .filter((one) => all || one.projectId === call.token.project.id)
      .filter((one) => !all || [null, one.projectId].includes(call.query.get('project_id')))
      .filter((one) => !status || STATUS[one.vmState] === status)
      .filter((one) => !name || new RegExp(name).test(one.name))
      .toReversed()
    const part = page(found, call.query, { standard: 1000, max: 1000 })
    if (!part) throw refuse(400, `marker [${call.query.get('marker')}] not found`)
    const body: Tree = {
      servers: part.items.map((one) =>
        detail ? showServer(state, call, one) : { id: one.id, name: one.name, links: [] }
      )
    }
    const limit = Number(call.query.get('limit') ?? 1000)
    const last = part.items.at(-1)
    if (last && part.items.length >= limit) {
      const query = new URLSearchParams(call.query)
      query.set('marker', last.id)
      body.servers_links = [{ rel: 'next', href: `${call.base}${call.path}?${query}` }]
    }
    return { status: 200, body }
  }

  /** A share of the boot time later. */
  function later(share: number, act: () => void): void {
    setTimeout(act, state.bootMs * share).unref()
  }

  const version: Tree = {
    id: 'v2.1',
    status: 'CURRENT',
    version: `2.${MAX_MICROVERSION}`,
    min_version: '2.1',
    links: []
  }
  const routes: Route[] = [
    ['POST', /^\/servers$/, create],
    ['GET', /^\/servers$/, (call) => list(call, false)],
    ['GET', /^\/servers\/detail$/, (call) => list(call, true)],
    [
      'GET',
      /^\/servers\/([^/]+)$/,
      (call, id) => ({ status: 200, body: { server: showServer(state, call, server(call, id!)) } })
    ],
    ['PUT', /^\/servers\/([^/]+)$/, (call, id) => rename(call, id!)],
    ['DELETE', /^\/servers\/([^/]+)$/, (call, id) => remove(call, id!)],
    ['POST', /^\/servers\/([^/]+)\/action$/, (call, id) => act(call, contextOf(call), server(call, id!))],
    [
      'GET',
      /^\/servers\/([^/]+)\/metadata$/,
      (call, id) => ({ status: 200, body: { metadata: server(call, id!).metadata } })
    ],
    ['POST', /^\/servers\/([^/]+)\/metadata$/, (call, id) => metadata(call, id!, false)],
    ['PUT', /^\/servers\/([^/]+)\/metadata$/, (call, id) => metadata(call, id!, true)],
    ['POST', /^\/servers\/([^/]+)\/os-interface$/, (call, id) => attach(call, id!)],
    ['DELETE', /^\/servers\/([^/]+)\/os-interface\/([^/]+)$/, (call, id, portId) => detach(call, id!, portId!)],
    ...flavorRoutes(state, refuse),
    ...novaQuotaRoutes(state, microversion, refuse)
  ]

  return {
    name: 'nova',
    open: [
      ['GET', /^\/?$/, () => ({ status: 200, body: { versions: [version] } })],
      ['GET', /^\/v2\.1\/?$/, () => ({ status: 200, body: { version } })]
    ],
    routes: routes.map(([method, path, handle]) => [
      method,
      new RegExp(path.source.replace('^', '^\\/v2\\.1')),
      handle
    ]),
    refuse: (call) => {
      const minor = microversion(call)
      if (minor >= 1 && minor <= MAX_MICROVERSION) return null
      const message = `Version 2.${minor} is not supported by the API. Minimum is 2.1 and maximum is 2.${MAX_MICROVERSION}.`
      return fault(406, message)
    },
    fault
  }
}
