import { id, object } from './fields.ts'
import type { Read } from './found.ts'
import { noData } from './found.ts'

/** The worker sends the provider's dictionary (`loadbalancer_id`), the documentation shows the data model (`id`). */
export const readOctavia: Read = (payload) => {
  const body = object(payload)
  return [{ subject: id(body.loadbalancer_id) ?? id(body.id), project: id(body.project_id), data: noData }]
}
