import type { VolumeType } from '../../clients/isolation/storage.ts'
import type { IsolationClients } from '../../clients/isolation.ts'
import type { ReadOne } from './reading.ts'
import type { VolumeTypeSubject } from './subjects.ts'

/** With who may use it and whether it is encrypted: two more calls, at most so old. */
export async function volumeTypeSubject(
  type: VolumeType,
  { storage, detail }: IsolationClients,
  atMostMs?: number
): Promise<VolumeTypeSubject> {
  const [access, encrypted] = await Promise.all([
    type.public ? [] : detail(`type access ${type.id}`, () => storage.typeAccess(type.id), atMostMs),
    detail(`type encryption ${type.id}`, () => storage.typeEncrypted(type.id), atMostMs)
  ])
  return { kind: 'volume-type', projectId: '', ...type, encrypted, access: [...(access ?? [])].sort() }
}

export const readVolumeType: ReadOne = async (id, { clients }) => {
  const type = await clients.storage.getType(id)
  return type === null ? null : volumeTypeSubject(type, clients, 0)
}
