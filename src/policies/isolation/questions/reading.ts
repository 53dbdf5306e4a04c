import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { Tools } from '../../shared/tools.ts'
import type { Subject } from './subjects.ts'

/** What the narrow read of one resource works with. */
export interface SubjectReading {
  readonly clients: IsolationClients
  readonly journal: Tools['journal']
  /** Projects of the configured clusters. */
  readonly projects: ReadonlySet<string>
}

/** Reads one resource, and what its shape needs of others; null only where its service says that it does not exist. */
export type ReadOne = (id: string, reading: SubjectReading) => Promise<Subject | null>

/** Removes duplicates by id. */
export function byId<Item extends { readonly id: string }>(...lists: readonly (readonly Item[])[]): Map<string, Item> {
  return new Map(lists.flat().map((one) => [one.id, one]))
}

/** Removes duplicates, null, undefined and ''. */
export function distinct(ids: Iterable<string | null | undefined>): string[] {
  return [...new Set(ids)].filter((id): id is string => typeof id === 'string' && id !== '')
}
