import { setTimeout as delay } from 'node:timers/promises'
import type { State } from '../state.ts'
import { type Tree, tree } from '../wire.ts'
import { type BalancerOperator, createBalancerOperator } from './operator-balancers.ts'
import { createWallOperator, type WallOperator } from './operator-isolation.ts'
import { createQuotaOperator, type QuotaOperator } from './operator-quotas.ts'
import { createRecordOperator, type RecordOperator } from './operator-records.ts'
import { createStorageOperator, type StorageOperator } from './operator-storage.ts'

/** What people do to the cloud, as real API calls of the project's own user; each resolves when its effect is to be seen. */
export interface Operator extends StorageOperator, BalancerOperator, QuotaOperator, RecordOperator, WallOperator {
  /** Boots and waits until ACTIVE. `network` is a name; default: the project's first. */
  bootServer(wanted: {
    name: string
    project?: string
    network?: string
    metadata?: Record<string, string>
    /** Default: m1.tiny. */
    flavor?: string
  }): Promise<OperatedServer>
  /** Deletes and waits until it is gone. */
  deleteServer(id: string): Promise<void>
  renameServer(id: string, name: string): Promise<void>
  stopServer(id: string): Promise<void>
  startServer(id: string): Promise<void>
  /** Confirmed at once. `flavor` is a name. */
  resizeServer(id: string, flavor: string): Promise<void>
  shelveServer(id: string): Promise<void>
  unshelveServer(id: string): Promise<void>
  setMetadata(id: string, metadata: Record<string, string>): Promise<void>
  createFloatingIp(wanted?: { project?: string; portId?: string }): Promise<{ id: string; address: string }>
  /** Moves it when it is at another port. */
  associate(fipId: string, portId: string): Promise<void>
  disassociate(fipId: string): Promise<void>
  deleteFloatingIp(fipId: string): Promise<void>
  createPort(wanted?: {
    project?: string
    network?: string
    deviceId?: string
    name?: string
  }): Promise<{ id: string; addresses: string[] }>
  deletePort(id: string): Promise<void>
  attachPort(serverId: string, network: string): Promise<{ id: string; addresses: string[] }>
  detachPort(serverId: string, portId: string): Promise<void>
}

export interface OperatedServer {
  readonly id: string
  readonly name: string
  readonly portIds: readonly string[]
  readonly addresses: readonly string[]
}

/** `headers` mark the calls as the operator's: faults pass them by, and the request log leaves them out. */
export function createOperator(url: string, state: State, headers: Record<string, string>): Operator {
  const tokens = new Map<string, string>()

  async function call(project: string, method: string, path: string, body?: unknown): Promise<Tree> {
    for (let attempt = 1; ; attempt++) {
      const token = tokens.get(project) ?? (await authenticate(project))
      const response = await fetch(url + path, {
        method,
        headers: { ...headers, 'content-type': 'application/json', 'x-auth-token': token },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      const text = await response.text()
      if (response.status === 401 && attempt === 1) {
        tokens.delete(project)
        continue
      }
      if (!response.ok) throw new Error(`${project}: ${method} ${path}: ${response.status} ${text}`)
      return text === '' ? {} : tree(JSON.parse(text))
    }
  }

  async function authenticate(project: string): Promise<string> {
    const name = project === 'admin' ? 'admin' : `${project}-user`
    const user = { name, domain: { id: 'default' }, password: 'lab' }
    const auth = {
      identity: { methods: ['password'], password: { user } },
      scope: { project: { name: project, domain: { id: 'default' } } }
    }
    const response = await fetch(`${url}/identity/v3/auth/tokens`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ auth })
    })
    const token = response.headers.get('x-subject-token')
    if (token === null) throw new Error(`the operator of ${project} got no token: ${await response.text()}`)
    tokens.set(project, token)
    return token
  }

  function projectOf(kind: string, owned: { projectId: string } | undefined): string {
    const name = owned && state.projects.get(owned.projectId)?.name
    if (!name) throw new Error(`the simulated cloud has no such ${kind}`)
    return name
  }
  const serverProject = (id: string) => projectOf('server', state.servers.get(id))
  const fipProject = (id: string) => projectOf('floating IP', state.floatingIps.get(id))

  function networkId(name: string): string {
    const found = [...state.networks.values()].find((one) => one.name === name)
    if (!found)
      throw new Error(
        `no network is called ${name}; networks: ${[...state.networks.values()].map((one) => one.name).join(', ')}`
      )
    return found.id
  }

  function flavorId(name: string): string {
    const all = [...state.flavors.values()]
    const found = all.find((one) => one.name === name)
    if (!found) throw new Error(`no flavor is called ${name}; flavors: ${all.map((one) => one.name).join(', ')}`)
    return found.id
  }

  async function until(what: string, done: () => boolean): Promise<void> {
    const end = Date.now() + 60_000 + state.bootMs * 4
    while (!done()) {
      if (Date.now() > end) throw new Error(`still not ${what}`)
      await delay(5)
    }
  }

  function seen(id: string): OperatedServer {
    const ports = [...state.ports.values()].filter(({ deviceId }) => deviceId === id)
    const addresses = ports.flatMap(({ fixedIps }) => fixedIps.map(({ ip_address }) => ip_address))
    return { id, name: state.servers.get(id)!.name, portIds: ports.map((port) => port.id), addresses }
  }

  async function action(id: string, body: Tree, vmState: string): Promise<void> {
    await call(serverProject(id), 'POST', `/compute/v2.1/servers/${id}/action`, body)
    await until(vmState, () => state.servers.get(id)?.vmState === vmState && state.servers.get(id)?.taskState === null)
  }

  const changeFip = (id: string, portId: string | null) =>
    call(fipProject(id), 'PUT', `/network/v2.0/floatingips/${id}`, { floatingip: { port_id: portId } }).then(() => {})

  const tools = { state, call, until, projectOf, networkId }
  return {
    ...createStorageOperator(tools),
    ...createBalancerOperator(tools),
    ...createQuotaOperator(tools),
    ...createRecordOperator(tools),
    ...createWallOperator(tools),
    bootServer: async ({ name, project = 'dev', network = `${project}-net`, metadata = {}, flavor = 'm1.tiny' }) => {
      const server = {
        name,
        metadata,
        imageRef: 'tiny',
        flavorRef: flavorId(flavor),
        networks: [{ uuid: networkId(network) }]
      }
      const id = String(tree((await call(project, 'POST', '/compute/v2.1/servers', { server })).server).id)
      await until('active', () => state.servers.get(id)?.vmState === 'active')
      return seen(id)
    },
    deleteServer: async (id) => {
      await call(serverProject(id), 'DELETE', `/compute/v2.1/servers/${id}`)
      await until('deleted', () => !state.servers.has(id))
    },
    renameServer: async (id, name) => {
      await call(serverProject(id), 'PUT', `/compute/v2.1/servers/${id}`, { server: { name } })
    },
    stopServer: (id) => action(id, { 'os-stop': null }, 'stopped'),
    startServer: (id) => action(id, { 'os-start': null }, 'active'),
    resizeServer: async (id, flavor) => {
      await action(id, { resize: { flavorRef: flavorId(flavor) } }, 'resized')
      await action(id, { confirmResize: null }, 'active')
    },
    shelveServer: (id) => action(id, { shelve: null }, 'shelved_offloaded'),
    unshelveServer: (id) => action(id, { unshelve: null }, 'active'),
    setMetadata: async (id, metadata) => {
      await call(serverProject(id), 'POST', `/compute/v2.1/servers/${id}/metadata`, { metadata })
    },
    createFloatingIp: async ({ project = 'dev', portId } = {}) => {
      const floatingip = {
        floating_network_id: networkId('public'),
        ...(portId === undefined ? {} : { port_id: portId })
      }
      const made = tree((await call(project, 'POST', '/network/v2.0/floatingips', { floatingip })).floatingip)
      return { id: String(made.id), address: String(made.floating_ip_address) }
    },
    associate: (fipId, portId) => changeFip(fipId, portId),
    disassociate: (fipId) => changeFip(fipId, null),
    deleteFloatingIp: async (fipId) => {
      await call(fipProject(fipId), 'DELETE', `/network/v2.0/floatingips/${fipId}`)
    },
    createPort: async ({ project = 'dev', network = `${project}-net`, deviceId = '', name = '' } = {}) => {
      const made = tree(
        (
          await call(project, 'POST', '/network/v2.0/ports', {
            port: { network_id: networkId(network), device_id: deviceId, name }
          })
        ).port
      )
      return { id: String(made.id), addresses: addressesOf(made) }
    },
    deletePort: async (id) => {
      await call(projectOf('port', state.ports.get(id)), 'DELETE', `/network/v2.0/ports/${id}`)
    },
    attachPort: async (serverId, network) => {
      const body = { interfaceAttachment: { net_id: networkId(network) } }
      const made = tree(
        (await call(serverProject(serverId), 'POST', `/compute/v2.1/servers/${serverId}/os-interface`, body))
          .interfaceAttachment
      )
      return { id: String(made.port_id), addresses: addressesOf(made) }
    },
    detachPort: async (serverId, portId) => {
      await call(serverProject(serverId), 'DELETE', `/compute/v2.1/servers/${serverId}/os-interface/${portId}`)
    }
  }
}

function addressesOf(port: Tree): string[] {
  return (port.fixed_ips as { ip_address: string }[]).map(({ ip_address }) => ip_address)
}
