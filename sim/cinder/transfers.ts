import { randomBytes, randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import type { State } from '../state.ts'
import { type Call, isAdmin, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import { tellVolume } from './notifications.ts'
import { checkCinderQuota } from './quotas.ts'
import type { Transfer } from './state.ts'
import { contextOf, own, refuse, stamp } from './wire.ts'

/** Volumes that go from one project to another, at both paths that Cinder has for it. */
export function transferRoutes(state: State, bus: Bus): Route[] {
  const mine = (call: Call, id: string) => own(call, state.transfers.get(id), `Transfer ${id} could not be found.`)

  function create(call: Call): Reply {
    const wanted = tree(call.body.transfer)
    const volumeId = String(wanted.volume_id)
    const volume = own(call, state.volumes.get(volumeId), `Volume ${volumeId} could not be found.`)
    if (volume.status !== 'available') throw refuse(400, 'Invalid volume: status must be available')
    tellVolume(bus, contextOf(call), 'host', 'transfer.create.start', volume)
    const key = randomBytes(8).toString('hex')
    const made: Transfer = {
      ...{ id: randomUUID(), name: text(wanted.name), volumeId, key, projectId: volume.projectId, createdAt: stamp() }
    }
    state.transfers.set(made.id, made)
    // The notification still has the old status.
    tellVolume(bus, contextOf(call), 'host', 'transfer.create.end', volume)
    volume.status = 'awaiting-transfer'
    return { status: 202, body: { transfer: { ...show(made), auth_key: key } } }
  }

  function accept(call: Call, id: string): Reply {
    const transfer = state.transfers.get(id)
    const volume = state.volumes.get(transfer?.volumeId ?? '')
    if (!transfer || !volume) throw refuse(404, `Transfer ${id} could not be found.`)
    if (tree(call.body.accept).auth_key !== transfer.key)
      throw refuse(400, `Invalid auth key: Attempt to transfer ${id} with invalid auth key.`)
    const type = state.volumeTypes.get(volume.typeId)
    checkCinderQuota(state, call.token.project.id, type, { volumes: 1, gigabytes: volume.size, size: volume.size })
    tellVolume(bus, contextOf(call), 'host', 'transfer.accept.start', volume)
    const owner = { projectId: call.token.project.id, userId: call.token.user.id }
    Object.assign(volume, { ...owner, status: 'available', updatedAt: stamp() })
    for (const one of state.snapshots.values()) if (one.volumeId === volume.id) Object.assign(one, owner)
    state.transfers.delete(id)
    tellVolume(bus, contextOf(call), 'host', 'transfer.accept.end', volume)
    return { status: 202, body: { transfer: { id, name: transfer.name, volume_id: volume.id, links: [] } } }
  }

  function remove(call: Call, id: string): Reply {
    const transfer = mine(call, id)
    const volume = state.volumes.get(transfer.volumeId)
    state.transfers.delete(id)
    if (volume) {
      tellVolume(bus, contextOf(call), 'host', 'transfer.delete.start', volume)
      volume.status = 'available'
      tellVolume(bus, contextOf(call), 'host', 'transfer.delete.end', volume)
    }
    return { status: 202 }
  }

  function list(call: Call): Reply {
    const all = isAdmin(call.token) && /^(1|true)$/i.test(call.query.get('all_tenants') ?? '')
    const found = [...state.transfers.values()].filter((one) => all || one.projectId === call.token.project.id)
    return { status: 200, body: { transfers: found.map(show) } }
  }

  return [
    ['POST', /^\/(?:os-volume-transfer|volume-transfers)$/, create],
    ['GET', /^\/(?:os-volume-transfer|volume-transfers)(?:\/detail)?$/, list],
    [
      'GET',
      /^\/(?:os-volume-transfer|volume-transfers)\/([^/]+)$/,
      (call, id) => ({ status: 200, body: { transfer: show(mine(call, id!)) } })
    ],
    ['POST', /^\/(?:os-volume-transfer|volume-transfers)\/([^/]+)\/accept$/, (call, id) => accept(call, id!)],
    ['DELETE', /^\/(?:os-volume-transfer|volume-transfers)\/([^/]+)$/, (call, id) => remove(call, id!)]
  ]
}

function show(one: Transfer): Tree {
  return { id: one.id, name: one.name, volume_id: one.volumeId, created_at: one.createdAt, links: [] }
}
