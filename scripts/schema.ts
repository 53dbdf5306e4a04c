import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { configSchema } from '../src/config/schema.ts'
import { policies } from '../src/policies/index.ts'

// The JSON Schema of reflex.yaml, for editors and for docs; a test holds it to the code.
const path = 'docs/reflex.schema.json'
writeFileSync(path, JSON.stringify(configSchema(policies), null, 2))
execFileSync('biome', ['format', '--write', path], { stdio: ['ignore', 'ignore', 'inherit'] })
console.log(path)
