import type { State } from '../state.ts'
import { type Tree, tree } from '../wire.ts'

/** What people do with volumes; each resolves when its effect is to be seen. */
export interface StorageOperator {
  /** `type` is a name; default: standard. Throws what Cinder says when a quota is met. */
  createVolume(wanted: { name?: string; project?: string; size?: number; type?: string }): Promise<{ id: string }>
  /** To so many GiB. */
  extendVolume(id: string, size: number): Promise<void>
  deleteVolume(id: string): Promise<void>
  createSnapshot(volumeId: string): Promise<{ id: string }>
  deleteSnapshot(id: string): Promise<void>
}

/** How an operator calls, waits and finds out whose something is. */
export interface OperatorTools {
  readonly state: State
  call(project: string, method: string, path: string, body?: unknown): Promise<Tree>
  until(what: string, done: () => boolean): Promise<void>
  projectOf(kind: string, owned: { projectId: string } | undefined): string
  networkId(name: string): string
}

export function createStorageOperator({ state, call, until, projectOf }: OperatorTools): StorageOperator {
  const cinder = (project: string, path: string) => {
    const { id } = [...state.projects.values()].find(({ name }) => name === project)!
    return `/volume/v3/${id}${path}`
  }
  const volumeProject = (id: string) => projectOf('volume', state.volumes.get(id))
  const available = (id: string) => until('available', () => state.volumes.get(id)?.status === 'available')

  return {
    createVolume: async ({ name = 'disk', project = 'dev', size = 1, type = 'standard' }) => {
      const volume = { name, size, volume_type: type }
      const made = tree((await call(project, 'POST', cinder(project, '/volumes'), { volume })).volume)
      const id = String(made.id)
      await available(id)
      return { id }
    },
    extendVolume: async (id, size) => {
      const project = volumeProject(id)
      await call(project, 'POST', cinder(project, `/volumes/${id}/action`), { 'os-extend': { new_size: size } })
      await available(id)
    },
    deleteVolume: async (id) => {
      const project = volumeProject(id)
      await call(project, 'DELETE', cinder(project, `/volumes/${id}`))
      await until('deleted', () => !state.volumes.has(id))
    },
    createSnapshot: async (volumeId) => {
      const project = volumeProject(volumeId)
      const snapshot = { volume_id: volumeId, name: 'snapshot' }
      const made = tree((await call(project, 'POST', cinder(project, '/snapshots'), { snapshot })).snapshot)
      const id = String(made.id)
      await until('available', () => state.snapshots.get(id)?.status === 'available')
      return { id }
    },
    deleteSnapshot: async (id) => {
      const project = projectOf('snapshot', state.snapshots.get(id))
      await call(project, 'DELETE', cinder(project, `/snapshots/${id}`))
      await until('deleted', () => !state.snapshots.has(id))
    }
  }
}
