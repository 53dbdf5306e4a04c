import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parseConfig } from '../../src/config/load.ts'
import { showProblem } from '../../src/config/problems.ts'
import { policies } from '../../src/policies/index.ts'
import { scratched, scratches } from './spoil.ts'
import { holds, type Target } from './target.ts'

const example = readFileSync(new URL('../../reflex.example.yaml', import.meta.url), 'utf8')
/** With all that is shown as a comment: more places to spoil. */
const shown = example.replaceAll(/^#(?=slack:| {2}\w+: )/gm, '')
const secret = 'hidden-6f1ed002'
const env = {
  REFLEX_AMQP_URL: `amqp://u:${secret}@broker/`,
  SLACK_SIGNING_SECRET: `${secret}-signing`,
  SLACK_BOT_TOKEN: `xoxb-${secret}`
}

const pieces = fc.constantFrom(
  '{}',
  '[]',
  'null',
  '-1',
  '1e400',
  '0x7f',
  '!!binary aGk=',
  '&a [*a]',
  '<<: *x',
  "'",
  '? : ?',
  '{ env: NONE }',
  '{ file: /none }',
  '9999999999d',
  '2026-13-45',
  '"\\ud800"',
  '"\\u0000"',
  '__proto__: {a: 1}',
  'x'.repeat(3000)
)
/** One value of a line replaced: what a hurried hand writes. */
const lines = fc.tuple(fc.constantFrom(example, shown), fc.array(fc.tuple(fc.nat(), pieces), { maxLength: 3 }))
const written = lines.map(([text, changes]) => {
  const all = text.split('\n')
  for (const [pick, piece] of changes) {
    const n = pick % all.length
    all[n] = all[n]!.replace(/(:|-) .*$|$/, `$1 ${piece}`)
  }
  return all.join('\n')
})
const torn = fc.tuple(fc.constantFrom(example, shown), scratches).map(([text, scratch]) => scratched(text, scratch))

/** reflex.yaml → a configuration, or every mistake with its place, the value and what is allowed. */
export const configuration: Target<string> = {
  name: 'reflex.yaml',
  share: 1,
  inputs: fc.oneof({ weight: 3, arbitrary: written }, { weight: 1, arbitrary: torn }),
  check(text) {
    const result = parseConfig(text, 'reflex.yaml', env, policies, {
      readFile: () => {
        throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      }
    })
    if (result.ok) return 'right'
    holds(result.problems.length > 0, 'refused without a problem')
    for (const problem of result.problems) {
      const said = showProblem(problem)
      holds(said.length < 6000, `one problem says ${said.length} characters`)
      holds(!said.includes(secret), 'a problem shows a secret')
      holds(problem.message !== '' && problem.allowed !== '', 'a problem does not say what is allowed')
    }
    return 'refused'
  }
}
