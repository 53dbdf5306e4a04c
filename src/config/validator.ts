import type { ErrorObject } from 'ajv'
import { openstackIn, policyIn, policyNamed } from '../core/instance.ts'
import { compiled } from './compiled.ts'
import { baseSchema, entrySchema, type KnownPolicy, type Schema } from './schema.ts'

const base = {}

/** Checks what is written in reflex.yaml, policy by policy as far as it mentions them, and fills in the defaults. */
export function validate(written: unknown, policies: readonly KnownPolicy[]): readonly ErrorObject[] {
  const check = compiled('base', base, baseSchema)
  check(written)
  const { policies: entries } = (typeof written === 'object' && written !== null ? written : {}) as {
    policies?: unknown
  }
  const names = typeof entries === 'object' && entries !== null && !Array.isArray(entries) ? Object.keys(entries) : []
  const found = names.map((name) => [name, policyNamed(policies, name)] as const)
  const there = [
    ...policies.map(({ name }) => name),
    ...found.flatMap(([name, policy]) => (policy === undefined ? [] : [name]))
  ]
  const parentSchema: Schema = { type: 'object', properties: Object.fromEntries(there.map((name) => [name, {}])) }
  const errors = (check.errors ?? []).map((error) =>
    error.instancePath === '/policies' ? { ...error, parentSchema } : error
  )
  for (const [name, policy] of found) {
    if (policy === undefined) errors.push(unknown(name, entries, parentSchema))
    else errors.push(...entryErrors(name, policy, entries as object, written as object))
  }
  return errors
}

function entryErrors(name: string, policy: KnownPolicy, entries: object, rootData: object): readonly ErrorObject[] {
  const check = compiled(entryKey(name), policy.settings, () => entrySchema(policy))
  const instancePath = `/policies/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const data = (entries as Record<string, unknown>)[name]
  check(data, { instancePath, parentData: entries, parentDataProperty: name, rootData, dynamicAnchors: {} })
  return check.errors ?? []
}

/** Names the validator of a policy's entry; that of an instance says no OpenStack, which its name does. */
export const entryKey = (name: string): string => (openstackIn(name) === null ? name : `${policyIn(name)}@`)

/** As Ajv says it of a map that takes no other keys. */
const unknown = (additionalProperty: string, data: unknown, parentSchema: Schema): ErrorObject => ({
  instancePath: '/policies',
  schemaPath: '#/properties/policies/additionalProperties',
  keyword: 'additionalProperties',
  params: { additionalProperty },
  message: 'must NOT have additional properties',
  schema: false,
  parentSchema,
  data
})
