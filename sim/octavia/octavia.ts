import { randomUUID } from 'node:crypto'
import { addPort, bindingOf, deletePort, showPort } from '../neutron/neutron.ts'
import { checkNeutronQuota } from '../neutron/quotas.ts'
import { PUBLISHER } from '../neutron/wire.ts'
import type { Bus, Context } from '../notify.ts'
import type { Port, State } from '../state.ts'
import { type Call, Refusal, type Reply, type Route, type ServiceApp, type Tree, text, tree } from '../wire.ts'
import { childRoutes } from './children.ts'
import { checkOctaviaQuota, octaviaQuotaRoutes } from './quotas.ts'
import type { LoadBalancer } from './state.ts'
import { list, mayUse, mutable, octaviaFault, refuse, stamp } from './wire.ts'

/**
 * Load balancing v2. What happens to a load balancer of the amphora provider is told by the worker when it is done; one
 * of the provider `ovn` is never heard of.
 */
export function createOctavia(state: State, bus: Bus): ServiceApp {
  function balancer(call: Call, id: string): LoadBalancer {
    const found = state.loadBalancers.get(id)
    if (!found) throw refuse(404, `Load Balancer ${id} not found.`)
    mayUse(call, found.projectId)
    return found
  }

  function create(call: Call): Reply {
    const wanted = tree(call.body.loadbalancer)
    const projectId = text(wanted.project_id) ?? call.token.project.id
    mayUse(call, projectId)
    const subnet = subnetOf(wanted)
    const provider = wanted.provider === 'ovn' ? 'ovn' : 'amphora'
    checkOctaviaQuota(state, projectId, 'loadbalancer')
    const id = randomUUID()
    const port = vipPort(id, projectId, subnet, wanted)
    const fixed = port.fixedIps.find(({ subnet_id }) => subnet_id === subnet.id) ?? port.fixedIps[0]!
    const made: LoadBalancer = {
      ...{ id, name: text(wanted.name) ?? '', description: text(wanted.description) ?? '', projectId, provider },
      ...{ adminStateUp: wanted.admin_state_up !== false, status: 'PENDING_CREATE' },
      vip: {
        ...{ address: fixed.ip_address, portId: port.id, subnetId: fixed.subnet_id, networkId: port.networkId },
        more: port.fixedIps.filter((one) => one !== fixed)
      },
      tags: tagsOf(wanted) ?? [],
      ...{ createdAt: stamp(), updatedAt: null }
    }
    state.loadBalancers.set(id, made)
    later(() => {
      made.status = 'ACTIVE'
      made.updatedAt = stamp()
      tell(call, 'create', made)
    })
    return { status: 201, body: { loadbalancer: show(made) } }
  }

  function subnetOf(wanted: Tree) {
    const port = state.ports.get(text(wanted.vip_port_id) ?? '')
    const subnetId = text(wanted.vip_subnet_id) ?? port?.fixedIps[0]?.subnet_id
    const networkId = text(wanted.vip_network_id)
    if (subnetId === undefined && networkId === null) {
      const message = 'Validation failure: VIP must contain one of: vip_port_id, vip_network_id, vip_subnet_id.'
      throw refuse(400, message)
    }
    const found = [...state.subnets.values()].find((one) =>
      subnetId === undefined ? one.networkId === networkId && one.version === 4 : one.id === subnetId
    )
    if (!found) throw refuse(400, `Subnet ${subnetId ?? `of network ${networkId}`} not found.`)
    return found
  }

  /** Octavia makes the port in Neutron as itself, in the owner's project, where it counts. */
  function vipPort(id: string, projectId: string, subnet: { id: string; networkId: string }, wanted: Tree): Port {
    const given = state.ports.get(text(wanted.vip_port_id) ?? '')
    if (given) return given
    try {
      checkNeutronQuota(state, projectId, { port: 1 })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      throw refuse(409, String(tree(tree(error.reply.body).NeutronError).message))
    }
    const address = text(wanted.vip_address)
    const more = Array.isArray(wanted.additional_vips) ? wanted.additional_vips.map(tree) : []
    const fixed_ips = [
      { subnet_id: subnet.id, ...(address === null ? {} : { ip_address: address }) },
      ...more.map(({ subnet_id, ip_address }) => ({ subnet_id, ...(text(ip_address) === null ? {} : { ip_address }) }))
    ]
    const request = {
      ...{ name: `octavia-lb-${id}`, network_id: subnet.networkId, admin_state_up: false, device_id: `lb-${id}` },
      ...{ device_owner: 'Octavia', project_id: projectId, fixed_ips }
    }
    const context = asOctavia()
    bus.emit(context, 'notifications', PUBLISHER, 'port.create.start', { port: request })
    const port = addPort(state, projectId, subnet.networkId, fixed_ips)
    const { name, device_id, device_owner } = request
    Object.assign(port, { name, deviceId: device_id, deviceOwner: device_owner, adminStateUp: false })
    bus.emit(context, 'notifications', PUBLISHER, 'port.create.end', {
      port: { ...showPort(port), ...bindingOf(port) }
    })
    return port
  }

  function update(call: Call, id: string): Reply {
    const target = balancer(call, id)
    begin(target, 'PENDING_UPDATE')
    const change = tree(call.body.loadbalancer)
    // Told as it was: the worker has not changed it yet.
    const before = { ...target }
    target.name = text(change.name) ?? target.name
    target.description = text(change.description) ?? target.description
    target.tags = tagsOf(change) ?? target.tags
    if (typeof change.admin_state_up === 'boolean') target.adminStateUp = change.admin_state_up
    later(() => {
      target.status = 'ACTIVE'
      target.updatedAt = stamp()
      tell(call, 'update', before)
    })
    return { status: 200, body: { loadbalancer: show(target) } }
  }

  function remove(call: Call, id: string): Reply {
    const target = balancer(call, id)
    const children = [...state.balancerChildren.values()].filter(({ balancerId }) => balancerId === id)
    if (children.length > 0 && !/^(true|1)$/i.test(call.query.get('cascade') ?? ''))
      throw refuse(400, `Validation failure: Cannot delete Load Balancer ${id} - it has children`)
    begin(target, 'PENDING_DELETE')
    later(() => {
      for (const child of children) state.balancerChildren.delete(child.id)
      const port = state.ports.get(target.vip.portId)
      if (port?.deviceOwner === 'Octavia') deletePort(state, bus, asOctavia(), port)
      state.loadBalancers.delete(id)
      tell(call, 'delete', target)
    })
    return { status: 204 }
  }

  /** Octavia calls Neutron as itself, of its own project: the owner is told by the port only. */
  function asOctavia(): Context {
    const user = [...state.users.values()].find(({ name }) => name === 'octavia')!
    const [[projectId, roles]] = [...user.roles] as [[string, readonly string[]]]
    const project = state.projects.get(projectId)!
    const token = { id: '', user, project, roles, system: false, expiresAt: 0 }
    return { service: 'neutron', token, requestId: `req-${randomUUID()}`, globalRequestId: null }
  }

  function begin(target: LoadBalancer, status: 'PENDING_UPDATE' | 'PENDING_DELETE'): void {
    if (target.status !== 'ACTIVE' && target.status !== 'ERROR')
      throw refuse(409, `Invalid state ${target.status} of loadbalancer resource ${target.id}`)
    target.status = status
  }

  function tell(call: Call, verb: string, one: LoadBalancer): void {
    if (one.provider === 'ovn') return
    const payload = {
      ...{ admin_state_up: one.adminStateUp, description: one.description || null, loadbalancer_id: one.id },
      ...{ name: one.name, project_id: one.projectId, vip_address: one.vip.address },
      ...{ vip_network_id: one.vip.networkId, vip_port_id: one.vip.portId, vip_subnet_id: one.vip.subnetId },
      ...{ vip_qos_policy_id: null, availability_zone: null }
    }
    const { token, globalRequestId } = call
    // The worker knows no request; it makes an id of its own.
    const context: Context = { service: 'octavia', token, requestId: `req-${randomUUID()}`, globalRequestId }
    bus.emit(context, 'notifications', null, `octavia.loadbalancer.${verb}.end`, payload)
  }

  function show(one: LoadBalancer): Tree {
    const ids = (kind: string) =>
      [...state.balancerChildren.values()]
        .filter((child) => child.balancerId === one.id && child.kind === kind)
        .map(({ id }) => ({ id }))
    return {
      ...{ id: one.id, name: one.name, description: one.description, project_id: one.projectId },
      ...{ provisioning_status: one.status, operating_status: one.status === 'PENDING_CREATE' ? 'OFFLINE' : 'ONLINE' },
      ...{ admin_state_up: one.adminStateUp, created_at: one.createdAt, updated_at: one.updatedAt },
      ...{ vip_address: one.vip.address, vip_port_id: one.vip.portId, vip_subnet_id: one.vip.subnetId },
      ...{ vip_network_id: one.vip.networkId, vip_qos_policy_id: null, additional_vips: one.vip.more, tags: one.tags },
      ...{ listeners: ids('listener'), pools: ids('pool'), provider: one.provider, flavor_id: null },
      availability_zone: null
    }
  }

  function later(act: () => void): void {
    setTimeout(act, state.bootMs / 2).unref()
  }

  /** After a change of a child the load balancer is busy for a while; of that nothing is told. */
  function changed(id: string): void {
    const target = mutable(state, id)
    target.status = 'PENDING_UPDATE'
    later(() => {
      target.status = 'ACTIVE'
    })
  }

  const routes: Route[] = [
    ['GET', /^\/lbaas\/loadbalancers$/, (call) => list(call, 'loadbalancers', state.loadBalancers.values(), show)],
    ['POST', /^\/lbaas\/loadbalancers$/, create],
    [
      'GET',
      /^\/lbaas\/loadbalancers\/([^/]+)$/,
      (call, id) => ({ status: 200, body: { loadbalancer: show(balancer(call, id!)) } })
    ],
    ['PUT', /^\/lbaas\/loadbalancers\/([^/]+)$/, (call, id) => update(call, id!)],
    ['DELETE', /^\/lbaas\/loadbalancers\/([^/]+)$/, (call, id) => remove(call, id!)],
    ...childRoutes(state, changed),
    ...octaviaQuotaRoutes(state)
  ]

  const version = { id: 'v2.26', status: 'CURRENT', updated: '2022-08-29T00:00:00Z' }
  return {
    name: 'octavia',
    open: [
      [
        'GET',
        /^\/?$/,
        ({ base }) => ({
          status: 200,
          body: { versions: [{ ...version, links: [{ rel: 'self', href: `${base}/v2` }] }] }
        })
      ]
    ],
    // Both are the same API.
    routes: routes.map(([method, path, handle]) => [
      method,
      new RegExp(path.source.replace('^', '^\\/v2(?:\\.0)?')),
      handle
    ]),
    fault: octaviaFault
  }
}

const tagsOf = ({ tags }: Tree) => (Array.isArray(tags) ? tags.map(String) : null)
