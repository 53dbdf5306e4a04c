// The validators of reflex.yaml as code, for the bundle.
import { Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { ajvOptions } from './src/config/compiled.ts'
import { baseSchema, entrySchema } from './src/config/schema.ts'
import { entryKey } from './src/config/validator.ts'
import { policies } from './src/policies/index.ts'

/** Generates what the bundle has in place of src/config/compiled.ts: compiling them takes longer than all the rest of reading it. */
export function validators(all = policies) {
  const instances = all.flatMap((policy) => policy.as?.(`${policy.name}@any`) ?? [])
  const schemas = new Map([['base', baseSchema()]])
  for (const policy of [...all, ...instances]) schemas.set(entryKey(policy.name), entrySchema(policy))
  // Not `validate10`: Ajv calls functions of its own so.
  const names = [...schemas.keys()].map((key, n) => [key, `entry${n}`])
  const ajv = new Ajv({ ...ajvOptions, code: { source: true, esm: true } })
  for (const [key, name] of names) ajv.addSchema(schemas.get(key), name)
  const code = standalone.default(ajv, Object.fromEntries(names.map(([, name]) => [name, name])))
  const byKey = names.map(([key, name]) => `${JSON.stringify(key)}: ${name}`).join()
  return `${code}\nconst byKey = {${byKey}}\nexport const compiled = (key) => byKey[key]`
}
