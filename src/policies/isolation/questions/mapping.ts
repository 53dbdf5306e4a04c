import type { MappingWall } from '../../../clients/keystone/mapping.ts'
import type { ReadOne } from './reading.ts'
import type { MappingSubject } from './subjects.ts'

/** Builds the subject of a federation mapping. */
export function mappingSubject(mapping: MappingWall): MappingSubject {
  return { kind: 'mapping', name: mapping.id, projectId: '', ...mapping }
}

/** Reads one federation mapping; null where it is gone. */
export const readMapping: ReadOne = async (id, { clients: { identity } }) => {
  const mapping = await identity.getMapping(id)
  return mapping === null ? null : mappingSubject(mapping)
}
