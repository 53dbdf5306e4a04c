import { Ajv, type ValidateFunction } from 'ajv'
import type { Schema } from './schema.ts'

/** How Ajv compiles what reads reflex.yaml: every mistake at once, each with what was written, and defaults filled in. */
export const ajvOptions = { allErrors: true, verbose: true, useDefaults: true, strict: false } as const

const known = new WeakMap<object, Map<string, ValidateFunction>>()

/**
 * The validator of a schema, compiled once for the `owner` that it was made from. In the bundle this module is another one, with
 * the validators of all keys made at build time (build.mjs): compiling them takes longer than all the rest of reading the file.
 */
export function compiled(key: string, owner: object, schema: () => Schema): ValidateFunction {
  const own = known.get(owner) ?? new Map<string, ValidateFunction>()
  known.set(owner, own)
  const before = own.get(key)
  if (before !== undefined) return before
  // `meta` and `validateSchema` off: these schemas are ours and tested, and checking them costs more than the file. `optimize`
  // off: code that runs once or twice takes longer to optimize than to run.
  const ajv = new Ajv({ ...ajvOptions, meta: false, validateSchema: false, code: { optimize: false } })
  const validate = ajv.compile(schema())
  own.set(key, validate)
  return validate
}
