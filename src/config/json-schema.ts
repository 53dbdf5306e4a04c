import { configSchema, type KnownPolicy, type Schema } from './schema.ts'

/** The JSON Schema that editors are given. In the bundle it is made at build time. */
export const jsonSchema = (policies: readonly KnownPolicy[]): Schema => configSchema(policies)
