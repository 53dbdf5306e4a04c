import type { VolumeWall } from '../../../clients/cinder/isolation.ts'
import type { Tools } from '../../shared/tools.ts'
import type { ReadOne } from './reading.ts'
import type { VolumeSubject } from './subjects.ts'

/** Finds the project that had a volume first: Cinder forgets who had it before a transfer; the journal knows what its notifications said. */
export async function homeOf(volumeId: string, journal: Tools['journal']): Promise<string | null> {
  const events = await journal.events({ resource: volumeId, limit: 500 })
  // Newest first. A snapshot's or backup's events are about themselves, and have another subject.
  const told = events.filter(({ type, project }) => type.startsWith('volume.') && project !== null)
  return told.at(-1)?.project ?? null
}

/** Builds the subject of a volume; `homeProjectId`: the project that had it first, null: not known. */
export function volumeSubject(volume: VolumeWall, homeProjectId: string | null): VolumeSubject {
  return { kind: 'volume', ...volume, name: volume.name.toWellFormed(), homeProjectId }
}

/** Reads one volume; null where it is gone. */
export const readVolume: ReadOne = async (id, { clients, journal }) => {
  const volume = await clients.storage.getVolume(id)
  return volume === null ? null : volumeSubject(volume, await homeOf(id, journal))
}
