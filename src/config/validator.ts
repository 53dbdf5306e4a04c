import { Ajv, type ValidateFunction } from 'ajv'
import { configSchema, type KnownPolicy } from './schema.ts'

const compiled = new WeakMap<readonly KnownPolicy[], Map<string, ValidateFunction>>()

/** The validator of reflex.yaml for these policies, those that the file mentions with their settings; compiled once. */
export function validatorOf(policies: readonly KnownPolicy[], mentioned: readonly string[]): ValidateFunction {
  const known = compiled.get(policies) ?? new Map<string, ValidateFunction>()
  compiled.set(policies, known)
  const key = mentioned.join()
  const before = known.get(key)
  if (before !== undefined) return before
  // `meta` and `validateSchema` off: this schema is ours and tested, and checking it costs more than the file. `optimize`
  // off: code that runs once or twice takes longer to optimize than to run.
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    strict: false,
    meta: false,
    validateSchema: false,
    code: { optimize: false }
  })
  const validate = ajv.compile(configSchema(policies, mentioned))
  known.set(key, validate)
  return validate
}
