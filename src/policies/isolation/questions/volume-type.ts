import type { VolumeTypeAccess } from '../../../clients/cinder/isolation.ts'
import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { ReadOne } from './reading.ts'
import type { VolumeTypeSubject } from './subjects.ts'

/**
 * Builds the subject of a volume type with who may use it and whether it is encrypted: two more calls, or what they said before.
 * `encryption`: that is asked anew, because nothing tells when it goes.
 */
export async function volumeTypeSubject(
  type: VolumeTypeAccess,
  { storage, detail }: IsolationClients,
  fresh: { readonly access?: boolean; readonly encryption?: boolean } = {}
): Promise<VolumeTypeSubject> {
  const [access, encrypted] = await Promise.all([
    type.public
      ? []
      : detail(`type access ${type.id}`, () => storage.typeAccess(type.id), fresh.access ? 0 : undefined),
    detail(`type encryption ${type.id}`, () => storage.typeEncrypted(type.id), fresh.encryption ? 0 : undefined)
  ])
  return { kind: 'volume-type', projectId: '', ...type, encrypted, access: [...(access ?? [])].sort() }
}

/** Reads one volume type with its access list; null where it is gone. */
export const readVolumeType: ReadOne = async (id, { clients }) => {
  const type = await clients.storage.getType(id)
  return type === null ? null : volumeTypeSubject(type, clients, { access: true, encryption: true })
}
