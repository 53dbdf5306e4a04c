import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { SdkAnswer } from '../clients/openstack/clouds-compare.ts'
import { cloudCases } from '../clients/openstack/clouds-table.ts'

// openstacksdk from PyPI itself, beside the older one that Debian's OpenStack needs; nothing of the lab is asked. With
// CLOUDS_SDK_RECORD=1 its answers replace the recorded ones, which test/clients/openstack/clouds-sdk.test.ts holds us against.
const root = join(import.meta.dirname, '../..')
const releases = ['openstacksdk==4.22.0', 'keystoneauth1==5.18.1', 'os-service-types==1.9.0', 'PyYAML==6.0.4']
const file = join(root, 'test/fixtures/clouds-sdk.json')

/** Python with openstacksdk, installed where it is not yet; throws with what pip said. */
function python(): string {
  const folder = join(root, '.ci/cache/openstacksdk')
  const done = join(folder, 'installed')
  if (existsSync(done) && readFileSync(done, 'utf8') === releases.join(' ')) return join(folder, 'bin/python')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  run('python3', '-m', 'venv', folder)
  run(join(folder, 'bin/python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...releases)
  writeFileSync(done, releases.join(' '))
  return join(folder, 'bin/python')
}

t.test('the recorded answers are those of openstacksdk', { timeout: 300_000 }, async (t) => {
  const input = JSON.stringify(cloudCases.map((one) => ({ cloud: 'dev', ...one })))
  const said = execFileSync(python(), [join(root, 'lab/clouds-sdk.py')], { input, maxBuffer: 1e8 })
  const answers = JSON.parse(String(said)) as SdkAnswer[]
  t.equal(answers.length, cloudCases.length)
  const byName = Object.fromEntries(cloudCases.map(({ name }, i) => [name, answers[i]!]))
  if (process.env.CLOUDS_SDK_RECORD) writeFileSync(file, `${JSON.stringify(byName, null, 1)}\n`)
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, SdkAnswer>
  t.same(Object.keys(recorded), Object.keys(byName), 'every case is recorded')
  // How it words what it stumbles over is its own affair.
  const kind = (answer?: SdkAnswer) => (answer?.ok === false ? 'an error' : answer)
  for (const [name, answer] of Object.entries(byName)) t.same(kind(recorded[name]), kind(answer), name)
})
