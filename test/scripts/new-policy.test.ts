import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'
import { newPolicy } from '../../scripts/new-policy.ts'

/** The tree as far as a policy and its tests need it, in a folder that goes with the test. */
function copy(t: { teardown(end: () => void): void }): string {
  const root = mkdtempSync(join(tmpdir(), 'reflex-new-policy-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  for (const part of [
    'src',
    'sim',
    'package.json',
    'tsconfig.json',
    'biome.json',
    'test/e2e/world.ts',
    'test/unhooked.ts'
  ])
    cpSync(part, join(root, part), { recursive: true })
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'))
  return root
}

const run = (root: string, command: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, TAP: '1' }
  })
  return { status, said: `${stdout}${stderr}` }
}

t.test('a new policy is right as it is made: types, format, its own tests', async (t) => {
  const root = copy(t)
  const before = readFileSync('src/policies/index.ts', 'utf8').split('\n')
  const paths = newPolicy('guard-servers', root)
  const code = paths.filter((path) => path.endsWith('.ts'))
  // What `npm run new-policy` does itself.
  execFileSync('biome', ['check', '--write', ...code], { cwd: root, stdio: 'ignore' })
  const after = readFileSync(join(root, 'src/policies/index.ts'), 'utf8')
  t.match(after, /import \{ guardServers \} from '\.\/guard-servers\/policy\.ts'/)
  const others = paths.filter((path) => path.startsWith('src/') && !path.startsWith('src/policies/guard-servers/'))
  t.strictSame(others, ['src/policies/index.ts'], 'one file outside its folder')
  t.ok(before.filter((line) => line.startsWith('import')).every((line) => after.includes(line)))

  const declared = globSync('src/**/*.d.ts')
  const { compilerOptions } = JSON.parse(readFileSync('tsconfig.json', 'utf8'))
  writeFileSync(join(root, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [...code, ...declared] }))
  const types = run(root, 'tsc', [])
  t.equal(types.status, 0, types.said)
  const format = run(root, 'biome', ['check', ...code])
  t.equal(format.status, 0, format.said)
  for (const test of code.filter((path) => path.endsWith('.test.ts'))) {
    const tested = run(root, 'node', ['--import=./test/unhooked.ts', test])
    t.equal(tested.status, 0, tested.said)
    t.match(tested.said, /^ok 1/m, test)
  }
})

t.test('no name that is none, and nothing that is there already', async (t) => {
  for (const name of ['', 'Guard', 'guard_servers', '../guard', 'guard--servers', '1guard', 'guard-'])
    t.throws(() => newPolicy(name, '.'), { message: /is no name for a policy/ }, name)
  t.throws(() => newPolicy('server-hygiene', '.'), { message: /is there already/ })
})
