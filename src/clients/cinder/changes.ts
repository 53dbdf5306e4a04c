import { fields } from '../openstack/answer-fields.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { type RequestId, sender } from '../openstack/send.ts'

/**
 * Changes Cinder to close a breach, or to open it again. Type access is its administrator's; a transfer is made by the entry of the project that holds the volume
 * and accepted by that of the one that gets it. Every call throws the OpenStackError of Cinder.
 */
export interface StorageRemedies {
  addTypeAccess(typeId: string, projectId: string, call: CallOptions): Promise<RequestId>
  removeTypeAccess(typeId: string, projectId: string, call: CallOptions): Promise<RequestId>
  /** Transfers of this volume that wait to be accepted, as the project that holds it sees them. */
  openTransfers(volumeId: string, call?: CallOptions): Promise<readonly string[]>
  deleteTransfer(id: string, call: CallOptions): Promise<RequestId>
  /** `key` accepts it; Cinder tells it this once. It must not be kept, logged or told. */
  createTransfer(
    volumeId: string,
    name: string,
    call: CallOptions
  ): Promise<{ readonly id: string; readonly key: string }>
  acceptTransfer(id: string, key: string, call: CallOptions): Promise<RequestId>
}

/** Makes the client of the changes to Cinder that close a breach, or open it again. */
export function createStorageRemedies(cloud: Cloud): StorageRemedies {
  const send = sender(cloud, 'block-storage')
  const at = encodeURIComponent
  const access = async (typeId: string, verb: string, project: string, call: CallOptions) =>
    (await send('POST', `/types/${at(typeId)}/action`, { [verb]: { project } }, call)).requestId

  return {
    addTypeAccess: (typeId, projectId, call) => access(typeId, 'addProjectAccess', projectId, call),
    removeTypeAccess: (typeId, projectId, call) => access(typeId, 'removeProjectAccess', projectId, call),
    openTransfers: async (volumeId, call) => {
      const answer = await cloud.request('block-storage', 'GET', '/os-volume-transfer/detail', { ...call })
      return fields(answer, answer.body, 'the answer')
        .list('transfers')
        .map((raw, n) => fields(answer, raw, `transfers[${n}]`))
        .filter((one) => one.text('volume_id') === volumeId)
        .map((one) => one.text('id'))
    },
    deleteTransfer: async (id, call) =>
      (await send('DELETE', `/os-volume-transfer/${at(id)}`, undefined, call)).requestId,
    createTransfer: async (volume_id, name, call) => {
      const answer = await send('POST', '/os-volume-transfer', { transfer: { volume_id, name } }, call)
      const transfer = fields(answer, fields(answer, answer.body, 'the answer').value('transfer'), 'transfer')
      return { id: transfer.text('id'), key: transfer.text('auth_key') }
    },
    acceptTransfer: async (id, auth_key, call) =>
      (await send('POST', `/os-volume-transfer/${at(id)}/accept`, { accept: { auth_key } }, call)).requestId
  }
}
