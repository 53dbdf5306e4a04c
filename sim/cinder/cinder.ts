import { randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import type { State } from '../state.ts'
import { type Call, isAdmin, type Reply, type Route, type ServiceApp, type Tree, text, tree } from '../wire.ts'
import { HOST, tellVolume } from './notifications.ts'
import { checkCinderQuota, cinderQuotaRoutes } from './quotas.ts'
import { snapshotRoutes } from './snapshots.ts'
import type { Volume, VolumeType } from './state.ts'
import { transferRoutes } from './transfers.ts'
import { typeRoutes, usable } from './types.ts'
import { administrator, cinderFault, contextOf, list, own, refuse, stamp } from './wire.ts'

/** The type of a volume for which nobody asked for one. */
const DEFAULT_TYPE = 'standard'
const POOL_GB = 10_000

/** Block storage v3: volumes and what is about them; nothing is attached to a server. */
export function createCinder(state: State, bus: Bus): ServiceApp {
  const volume = (call: Call, id: string) => own(call, state.volumes.get(id), `Volume ${id} could not be found.`)

  function create(call: Call): Reply {
    const wanted = tree(call.body.volume)
    const size = Number(wanted.size)
    if (!Number.isInteger(size) || size < 1) {
      const message = `Invalid input received: Invalid volume size provided for create request: ${wanted.size} (size argument must be an integer (or string representation of an integer) and greater than zero).`
      throw refuse(400, message)
    }
    const type = typeOf(call, text(wanted.volume_type) ?? DEFAULT_TYPE)
    const projectId = call.token.project.id
    checkCinderQuota(state, projectId, type, { volumes: 1, gigabytes: size, size })
    const made: Volume = {
      ...{ id: randomUUID(), name: text(wanted.name), description: text(wanted.description), projectId, size },
      ...{ userId: call.token.user.id, typeId: type.id, status: 'creating', snapshotId: text(wanted.snapshot_id) },
      ...{ createdAt: stamp(), updatedAt: null, launchedAt: null },
      metadata: tree(wanted.metadata) as Record<string, string>
    }
    state.volumes.set(made.id, made)
    later(made, 'creating', () => {
      made.launchedAt = stamp()
      tellVolume(bus, contextOf(call, true), 'pool', 'create.start', made)
      settle(made, 'available')
      tellVolume(bus, contextOf(call, true), 'pool', 'create.end', made)
    })
    return { status: 202, body: { volume: show(call, made) } }
  }

  function typeOf(call: Call, wanted: string): VolumeType {
    const found = [...state.volumeTypes.values()].find((one) => one.id === wanted || one.name === wanted)
    if (!found || !usable(call, found)) throw refuse(404, `Volume type with name ${wanted} could not be found.`)
    return found
  }

  function update(call: Call, id: string): Reply {
    const target = volume(call, id)
    const change = tree(call.body.volume)
    tellVolume(bus, contextOf(call), 'host', 'update.start', target)
    target.name = text(change.name) ?? target.name
    target.description = text(change.description) ?? target.description
    target.updatedAt = stamp()
    tellVolume(bus, contextOf(call), 'host', 'update.end', target)
    return { status: 200, body: { volume: show(call, target) } }
  }

  function remove(call: Call, id: string): Reply {
    const target = volume(call, id)
    const snapshots = [...state.snapshots.values()].some(({ volumeId }) => volumeId === id)
    if (snapshots || (target.status !== 'available' && target.status !== 'error')) {
      const message =
        'Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.'
      throw refuse(400, message)
    }
    settle(target, 'deleting')
    later(target, 'deleting', () => {
      tellVolume(bus, contextOf(call, true), 'backend', 'delete.start', target)
      settle(target, 'deleted')
      state.volumes.delete(id)
      tellVolume(bus, contextOf(call, true), 'backend', 'delete.end', target)
    })
    return { status: 202 }
  }

  function act(call: Call, id: string): Reply {
    const target = volume(call, id)
    const [verb = ''] = Object.keys(call.body)
    if (verb !== 'os-extend') throw refuse(400, `There is no such action: ${verb}`)
    const size = Number(tree(call.body[verb]).new_size)
    if (size <= target.size) {
      const message = `Invalid input received: New size for extend must be greater than current size. (current: ${target.size}, extended: ${size}).`
      throw refuse(400, message)
    }
    if (target.status !== 'available') {
      const message = `Invalid volume: Volume ${id} status must be '{'status': 'available'}' to extend, currently ${target.status}.`
      throw refuse(400, message)
    }
    const more = size - target.size
    checkCinderQuota(state, target.projectId, state.volumeTypes.get(target.typeId), { gigabytes: more, size })
    settle(target, 'extending')
    // Reserved from now on.
    const before = target.size
    target.size = size
    later(target, 'extending', () => {
      tellVolume(bus, contextOf(call), 'backend', 'resize.start', { ...target, size: before })
      settle(target, 'available')
      tellVolume(bus, contextOf(call), 'backend', 'resize.end', target)
    })
    return { status: 202 }
  }

  function show(call: Call, one: Volume): Tree {
    const type = state.volumeTypes.get(one.typeId)
    const multiattach = type?.extraSpecs.multiattach === '<is> True'
    const admin = isAdmin(call.token) ? { 'os-vol-host-attr:host': HOST, migration_status: null } : {}
    return {
      ...{ id: one.id, name: one.name, description: one.description, status: one.status, size: one.size },
      ...{ volume_type: type?.name ?? null, availability_zone: 'nova', attachments: [] },
      ...{
        bootable: 'false',
        encrypted: type?.encryptionId !== undefined,
        multiattach,
        metadata: one.metadata,
        user_id: one.userId
      },
      ...{ created_at: one.createdAt, updated_at: one.updatedAt, snapshot_id: one.snapshotId, source_volid: null },
      ...{ consistencygroup_id: null, replication_status: null, 'os-vol-tenant-attr:tenant_id': one.projectId },
      ...admin,
      links: [{ rel: 'self', href: `${call.base}/v3/${one.projectId}/volumes/${one.id}` }]
    }
  }

  function settle(target: Volume, status: Volume['status']): void {
    Object.assign(target, { status, updatedAt: stamp() })
  }

  /** Half a boot later, unless something else happened to the volume. */
  function later(target: Volume, status: Volume['status'], act: () => void): void {
    const run = () => {
      if (target.status === status) act()
    }
    setTimeout(run, state.bootMs / 2).unref()
  }

  function pools(call: Call): Reply {
    administrator(call, 'scheduler_extension:scheduler_stats:get_pools')
    const allocated = [...state.volumes.values()].reduce((sum, { size }) => sum + size, 0)
    const capabilities = {
      ...{ total_capacity_gb: POOL_GB, free_capacity_gb: POOL_GB - allocated, allocated_capacity_gb: allocated },
      ...{ provisioned_capacity_gb: allocated, reserved_percentage: 0, max_over_subscription_ratio: '20.0' },
      ...{ thin_provisioning_support: false, thick_provisioning_support: true, volume_backend_name: 'disk' },
      ...{ driver_version: '1.0', storage_protocol: 'fake', vendor_name: 'sim', timestamp: stamp() }
    }
    const detail = /^(true|1)$/i.test(call.query.get('detail') ?? '')
    return { status: 200, body: { pools: [detail ? { name: HOST, capabilities } : { name: HOST }] } }
  }

  const version = {
    ...{ id: 'v3.0', status: 'CURRENT', version: '3.70', min_version: '3.0', updated: '2022-08-31T00:00:00Z' },
    links: []
  }
  const routes: Route[] = [
    ['POST', /^\/volumes$/, create],
    [
      'GET',
      /^\/volumes$/,
      (call) => list(call, 'volumes', state.volumes.values(), ({ id, name }) => ({ id, name, links: [] }))
    ],
    ['GET', /^\/volumes\/detail$/, (call) => list(call, 'volumes', state.volumes.values(), (one) => show(call, one))],
    ['GET', /^\/volumes\/([^/]+)$/, (call, id) => ({ status: 200, body: { volume: show(call, volume(call, id!)) } })],
    ['PUT', /^\/volumes\/([^/]+)$/, (call, id) => update(call, id!)],
    ['DELETE', /^\/volumes\/([^/]+)$/, (call, id) => remove(call, id!)],
    ['POST', /^\/volumes\/([^/]+)\/action$/, (call, id) => act(call, id!)],
    ['GET', /^\/scheduler-stats\/get_pools$/, pools],
    ...snapshotRoutes(state, bus),
    ...typeRoutes(state, bus),
    ...transferRoutes(state, bus),
    ...cinderQuotaRoutes(state)
  ]

  return {
    name: 'cinder',
    open: [['GET', /^\/?$/, () => ({ status: 300, body: { versions: [version] } })]],
    // The project's id is in every path and must be the token's, an administrator's too.
    refuse: (call) => {
      const project = /^\/v3\/([^/]+)\//.exec(call.path)?.[1]
      if (project === undefined || project === call.token.project.id) return null
      return cinderFault(400, 'Malformed request url')
    },
    routes: routes.map(([method, path, handle]) => [
      method,
      new RegExp(path.source.replace('^', '^\\/v3\\/[^/]+')),
      handle
    ]),
    fault: cinderFault
  }
}
