import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { Tools } from '../../shared/tools.ts'
import { imageSubject } from './image.ts'
import type { Subject } from './subjects.ts'
import { homeOf, volumeSubject } from './volume.ts'
import { volumeTypeSubject } from './volume-type.ts'

/** Reads the clusters' volumes, the types that are theirs or that they may use, and their images. */
export async function readAllStorage(
  clients: IsolationClients,
  projects: ReadonlySet<string>,
  typeIds: ReadonlySet<string>,
  journal: Tools['journal']
): Promise<readonly Subject[]> {
  const { storage, images } = clients
  const hasVolumes = await clients.has('block-storage')
  const ids = [...projects]
  const [volumes, types, owned] = await Promise.all([
    hasVolumes ? Promise.all(ids.map((id) => storage.listVolumes(id))) : [],
    hasVolumes ? storage.listTypes() : [],
    Promise.all(ids.map((id) => images.listImages(id)))
  ])
  const [volumeSubjects, typeSubjects, imageSubjects] = await Promise.all([
    Promise.all(volumes.flat().map(async (volume) => volumeSubject(volume, await homeOf(volume.id, journal)))),
    Promise.all(types.map((type) => volumeTypeSubject(type, clients, { encryption: typeIds.has(type.id) }))),
    Promise.all(owned.flat().map((image) => imageSubject(image, clients)))
  ])
  return [
    ...volumeSubjects,
    ...typeSubjects.filter((type) => typeIds.has(type.id) || type.access.some((project) => projects.has(project))),
    ...imageSubjects.filter((image) => image !== null)
  ]
}
