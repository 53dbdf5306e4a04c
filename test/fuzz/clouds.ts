import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { loadCloud, problemText } from '../../src/clients/openstack/clouds.ts'
import { scratchFolder } from './scratch-folder.ts'
import { scratched, scratches } from './spoil.ts'
import { holds, type Target } from './target.ts'

const secret = 'hidden-6f1ed002'
const files = [
  `clouds:
  dev:
    auth_type: v3applicationcredential
    auth:
      auth_url: https://keystone.example:5000/v3
      application_credential_id: 21dced0fd20347869b93710d2b98aae0
      application_credential_secret: ${secret}
    region_name: RegionOne
    interface: public
    verify: true
    dns_endpoint_override: https://dns.example
`,
  `clouds:
  dev: &shared
    auth: {auth_url: 'http://k', username: u, password: ${secret}, project_name: p, user_domain_id: default, project_domain_name: Default}
    regions: [{name: A, values: {interface: internal}}, B]
    cacert: ~
    compute_api_version: 2.1
    networks: [{name: n, routes_externally: yes}]
  other: {<<: *shared, region_name: 017, when: 2026-11-30 10:00:00}
`
]
const pieces = fc.constantFrom(
  '{}',
  '[]',
  '~',
  'yes',
  '0o17',
  '1:30',
  '.inf',
  '-.nan',
  '!!python/object:os.system x',
  '&a [*a]',
  '<<: [*a]',
  "'",
  '|',
  '\t',
  '1e9',
  '2001-01-01',
  '"\\ud800"',
  '__proto__: 1',
  'x'.repeat(2000)
)
const written = fc
  .tuple(fc.constantFrom(...files), fc.array(fc.tuple(fc.nat(), pieces), { maxLength: 3 }))
  .map(([text, changes]) => {
    const all = text.split('\n')
    for (const [pick, piece] of changes)
      all[pick % all.length] = all[pick % all.length]!.replace(/: .*$|$/, `: ${piece}`)
    return all.join('\n')
  })
const torn = fc.tuple(fc.constantFrom(...files), scratches).map(([text, scratch]) => scratched(text, scratch))

const folder = scratchFolder()

/** clouds.yaml as PyYAML and openstacksdk read it → an entry, or all that is wrong with it. */
export const clouds: Target<string> = {
  name: 'clouds.yaml',
  share: 1,
  inputs: fc.oneof({ weight: 3, arbitrary: written }, { weight: 1, arbitrary: torn }),
  check(text) {
    const cwd = folder.path()
    const file = join(cwd, 'clouds.yaml')
    writeFileSync(file, text)
    const result = loadCloud('dev', { OS_CLIENT_CONFIG_FILE: file, HOME: cwd }, { cwd })
    if (result.ok) return 'right'
    holds(result.problems.length > 0, 'refused without a problem')
    for (const problem of result.problems) {
      const said = problemText(problem)
      holds(problem.problem !== '' && problem.allowed !== '', 'a problem does not say what is allowed')
      holds(!/is not a function|Cannot read prop|Maximum call/.test(said), `the reader broke: ${said}`)
      holds(said.length < 6000, `one problem says ${said.length} characters`)
      holds(!said.includes(secret), 'a problem shows a secret')
    }
    return 'refused'
  },
  async close() {
    folder.remove()
  }
}
