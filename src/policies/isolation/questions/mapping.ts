import type { MappingWall } from '../../../clients/keystone/mapping.ts'
import type { ReadOne } from './reading.ts'
import type { MappingSubject } from './subjects.ts'

export function mappingSubject(mapping: MappingWall): MappingSubject {
  return { kind: 'mapping', name: mapping.id, projectId: '', ...mapping }
}

export const readMapping: ReadOne = async (id, { clients: { identity } }) => {
  const mapping = await identity.getMapping(id)
  return mapping === null ? null : mappingSubject(mapping)
}
