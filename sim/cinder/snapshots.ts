import { randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import type { State } from '../state.ts'
import { type Call, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import { tellSnapshot } from './notifications.ts'
import { checkCinderQuota } from './quotas.ts'
import type { Snapshot } from './state.ts'
import { contextOf, list, own, refuse, stamp } from './wire.ts'

/** Snapshots of volumes; each takes as many gigabytes of the quota as its volume has. */
export function snapshotRoutes(state: State, bus: Bus): Route[] {
  const snapshot = (call: Call, id: string) => own(call, state.snapshots.get(id), `Snapshot ${id} could not be found.`)

  function create(call: Call): Reply {
    const wanted = tree(call.body.snapshot)
    const volumeId = String(wanted.volume_id)
    const volume = own(call, state.volumes.get(volumeId), `Volume ${volumeId} could not be found.`)
    if (volume.status !== 'available') {
      const message = `Invalid volume: Volume ${volumeId} status must be available, but current status is: ${volume.status}.`
      throw refuse(400, message)
    }
    const { projectId, size } = volume
    checkCinderQuota(state, projectId, state.volumeTypes.get(volume.typeId), { snapshots: 1, gigabytes: size, size: 0 })
    const made: Snapshot = {
      ...{ id: randomUUID(), name: text(wanted.name), projectId, userId: call.token.user.id, volumeId, size },
      ...{ status: 'creating', createdAt: stamp() }
    }
    state.snapshots.set(made.id, made)
    later(() => {
      tellSnapshot(bus, contextOf(call, true), state, 'create.start', made)
      made.status = 'available'
      tellSnapshot(bus, contextOf(call, true), state, 'create.end', made)
    })
    return { status: 202, body: { snapshot: show(made) } }
  }

  function remove(call: Call, id: string): Reply {
    const target = snapshot(call, id)
    if (target.status !== 'available')
      throw refuse(400, 'Invalid snapshot: Snapshot status must be available or error.')
    target.status = 'deleting'
    later(() => {
      tellSnapshot(bus, contextOf(call, true), state, 'delete.start', target)
      target.status = 'deleted'
      state.snapshots.delete(id)
      tellSnapshot(bus, contextOf(call, true), state, 'delete.end', target)
    })
    return { status: 202 }
  }

  function later(act: () => void): void {
    setTimeout(act, state.bootMs / 2).unref()
  }

  return [
    ['POST', /^\/snapshots$/, create],
    ['GET', /^\/snapshots(?:\/detail)?$/, (call) => list(call, 'snapshots', state.snapshots.values(), show)],
    ['GET', /^\/snapshots\/([^/]+)$/, (call, id) => ({ status: 200, body: { snapshot: show(snapshot(call, id!)) } })],
    ['DELETE', /^\/snapshots\/([^/]+)$/, (call, id) => remove(call, id!)]
  ]
}

function show(one: Snapshot): Tree {
  return {
    ...{ id: one.id, name: one.name, description: null, volume_id: one.volumeId, status: one.status, size: one.size },
    ...{ created_at: one.createdAt, updated_at: null, metadata: {} },
    'os-extended-snapshot-attributes:project_id': one.projectId
  }
}
