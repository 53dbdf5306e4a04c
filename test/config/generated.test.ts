import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { build, type TransformFailure, transform } from 'esbuild'
import t from 'tap'
import { parse } from 'yaml'
import { compiled } from '../../src/config/compiled.ts'
import { baseSchema, entrySchema } from '../../src/config/schema.ts'
import { policies } from '../../src/policies/index.ts'
import type { ListedPolicy } from '../../src/policies/shared/define-policy.ts'

const { validators } = (await import(join(process.cwd(), 'validators.mjs'))) as {
  validators(all?: readonly ListedPolicy[]): string
}

/** Settings that each of them refuses or fills in somewhere. */
const entries: readonly unknown[] = [
  null,
  7,
  [],
  {},
  { mode: 'enforced' },
  { mode: 'observe', openstack: 'berlin', clusters: { dev: 'off', prod: 'on' } },
  { settings: 7 },
  {
    settings: { cloud: 7, cluods: [], fixed: {}, floating: { zone: 1 }, services: { erp: {} }, rules: [{ on: 'x' }, 7] }
  },
  { settings: { cloud: 'c', groups: {}, operators: [''], grace: '1x', exemptions: [{}], crossing: [{ from: 'a' }] } }
]

t.test('the validators of the bundle say of reflex.yaml what those of the sources say', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-generated-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const outfile = join(folder, 'compiled.mjs')
  const stdin = { contents: validators(), resolveDir: process.cwd(), loader: 'js' } as const
  await build({ stdin, outfile, bundle: true, format: 'esm', platform: 'node' })
  const made = (await import(outfile)) as { compiled(key: string): ValidateFunction }

  const said = (validate: ValidateFunction, written: unknown) => {
    const copy = structuredClone(written)
    validate(copy)
    const errors = (validate.errors ?? []).map(
      ({ instancePath, schemaPath, keyword, params, message }: ErrorObject) => ({
        ...{ instancePath, schemaPath, keyword, params, message }
      })
    )
    return { errors, copy }
  }
  const example = parse(readFileSync('reflex.example.yaml', 'utf8')) as Record<string, unknown>
  const base = compiled('base', {}, baseSchema)
  for (const written of [
    example,
    null,
    [],
    {},
    { ...example, htp: 1, http: { port: -1 }, sweep: { every: '10' }, notifications: [{ url: 7, prefetch: 0 }] },
    { clusters: { DEV: { tier: 'burst' } }, limits: { deletes: { share: 2 } }, slack: {}, gitlab: { secrets: [{}] } }
  ])
    t.strictSame(said(made.compiled('base'), written), said(base, written))

  let refused = 0
  for (const policy of policies)
    for (const [key, one] of [
      [policy.name, policy] as const,
      ...(policy.as === undefined ? [] : [[`${policy.name}@`, policy.as(`${policy.name}@berlin`)] as const])
    ]) {
      const own = compiled(key, {}, () => entrySchema(one))
      for (const written of [
        ...entries,
        (example.policies as Record<string, unknown> | undefined)?.[policy.name] ?? {}
      ]) {
        const expected = said(own, written)
        refused += expected.errors.length
        t.strictSame(said(made.compiled(key), written), expected, `${key}: ${JSON.stringify(written)}`)
      }
    }
  t.ok(refused > 50, `${refused} mistakes`)
})

t.test('however many policies there are, no name in the bundle is given twice', async (t) => {
  const many = Array.from({ length: 20 }, (_, n) => ({ ...policies[n % policies.length]!, name: `policy-${n}` }))
  // An error of esbuild's holds the line that it is in, and all of it is one line.
  const errors = await transform(validators(many), { format: 'esm' }).then(
    () => [],
    ({ errors }: TransformFailure) => errors.map(({ text }) => text)
  )
  t.strictSame(errors, [])
})
