import type { fields } from '../openstack/answer-fields.ts'

type Fields = ReturnType<typeof fields>

/** When something was made and last changed, RFC 3339; left out where Neutron does not say. */
export interface Timestamps {
  readonly createdAt?: string
  readonly updatedAt?: string
}

/** The fields that most resources have. */
export function commonFields(one: Fields) {
  return { id: one.text('id'), name: one.textOrNull('name') ?? '', projectId: projectOf(one) }
}

/** The id of the owning project: `project_id`, or its old name `tenant_id`; newer services give both. */
export function projectOf(one: Fields): string | null {
  return one.said('project_id', 'tenant_id')
}

/** A time stamp of the extension standard-attr-timestamp, which a cloud may not have; Neutron writes it, and nobody else. */
export function timestampOf(one: Fields, key: string): string | null {
  const found = one.value(key)
  return typeof found === 'string' && !Number.isNaN(Date.parse(found)) ? found : null
}

/** `created_at`, where Neutron says it. */
export function createdOf(one: Fields): Pick<Timestamps, 'createdAt'> {
  const createdAt = timestampOf(one, 'created_at')
  return createdAt === null ? {} : { createdAt }
}

/** `created_at` and `updated_at`, where Neutron says them. */
export function times(one: Fields): Timestamps {
  const updatedAt = timestampOf(one, 'updated_at')
  return { ...createdOf(one), ...(updatedAt !== null && { updatedAt }) }
}

/** A list of an extension that a cloud may not have; empty where it is left out. */
export function optionalList(one: Fields, key: string): unknown[] {
  const found = one.value(key)
  return found === null || found === undefined ? [] : one.list(key)
}
