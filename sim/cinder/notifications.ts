import type { Bus, Context } from '../notify.ts'
import type { State } from '../state.ts'
import type { Snapshot, Volume } from './state.ts'

/** The backend of the lab: host `lab`, backend and pool `disk`. */
export const HOST = 'lab@disk#disk'

/** Who sends: the manager of a backend calls itself by more or less of its host. */
type Sender = 'pool' | 'backend' | 'host'
const PUBLISHERS: Readonly<Record<Sender, string>> = { pool: HOST, backend: 'lab@disk', host: 'lab' }

/** `volume.<action>`; the type is told by its id, not by its name. */
export function tellVolume(bus: Bus, context: Context, sender: Sender, action: string, one: Volume): void {
  const payload = {
    ...{ tenant_id: one.projectId, host: HOST, user_id: one.userId, availability_zone: 'nova' },
    ...{ volume_id: one.id, volume_type: one.typeId, display_name: one.name, launched_at: zoned(one.launchedAt) },
    ...{ created_at: zoned(one.createdAt), status: one.status, snapshot_id: one.snapshotId, size: one.size },
    ...{ replication_status: null, replication_extended_status: null, replication_driver_data: null },
    metadata: Object.entries(one.metadata).map(([key, value]) => ({ key, value })),
    volume_attachment: []
  }
  bus.emit(context, 'notifications', `volume.${PUBLISHERS[sender]}`, `volume.${action}`, payload)
}

/** `snapshot.<action>`. */
export function tellSnapshot(bus: Bus, context: Context, state: State, action: string, one: Snapshot): void {
  const payload = {
    ...{ tenant_id: one.projectId, user_id: one.userId, availability_zone: 'nova', volume_id: one.volumeId },
    ...{ volume_size: state.volumes.get(one.volumeId)?.size ?? one.size, snapshot_id: one.id },
    ...{ display_name: one.name, created_at: zoned(one.createdAt), status: one.status },
    ...{ deleted: one.status === 'deleted' ? 'True' : '', metadata: '' }
  }
  bus.emit(context, 'notifications', 'snapshot.lab@disk', `snapshot.${action}`, payload)
}

/** Unlike the API, whole seconds with a zone. */
function zoned(time: string | null): string {
  return time === null ? '' : `${time.slice(0, 19)}+00:00`
}
