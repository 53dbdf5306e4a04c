import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Template → the file that it becomes. */
const files = {
  'policy.template': 'src/policies/example-policy/policy.ts',
  'questions.template': 'src/policies/example-policy/questions/servers.ts',
  'action.template': 'src/policies/example-policy/actions/lock-set.ts',
  'docs.template': 'docs/policies/example-policy.md',
  'table-test.template': 'test/policies/example-policy/policy.test.ts',
  'e2e-test.template': 'test/e2e/example-policy.test.ts'
} as const

const registry = 'src/policies/index.ts'
/** Generated anew, as the settings of all policies are in it. */
const schema = 'docs/reflex.schema.json'

/** `restart-nodes` → `restartNodes`. */
const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** Writes a new policy into the tree at `root`, with its question, action, docs page and tests, and lists it; the files. */
export function newPolicy(name: string, root: string): readonly string[] {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new Error(
      `'${name}' is no name for a policy: small letters and digits, with single hyphens, e.g. restart-nodes`
    )
  const named = (text: string) => text.replaceAll('example-policy', name).replaceAll('examplePolicy', camel(name))
  const wanted = Object.entries(files).map(([template, path]) => {
    const text = readFileSync(new URL(`new-policy/${template}`, import.meta.url), 'utf8')
    return { path: named(path), text: named(text) }
  })
  const there = wanted.find(({ path }) => existsSync(join(root, path)))
  if (there !== undefined) throw new Error(`${there.path} is there already: choose another name, or delete it`)
  const listed = list(readFileSync(join(root, registry), 'utf8'), name)
  for (const { path, text } of wanted) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  writeFileSync(join(root, registry), listed)
  return [...wanted.map(({ path }) => path), registry]
}

/** The one line outside its folder: the policy joins the list, and its import the others. */
function list(index: string, name: string): string {
  const listed = index.replace(/(export const policies[^=]*= \[)([^\]]*)\]/, (_, before: string, names: string) => {
    const all = [...names.split(',').map((one) => one.trim()), camel(name)]
    return `${before}${all
      .filter((one) => one !== '')
      .sort()
      .join(', ')}]`
  })
  if (listed === index) throw new Error(`${registry} has no list of policies any more: add the policy by hand`)
  return `import { ${camel(name)} } from './${name}/policy.ts'\n${listed}`
}

/** As `npm run fix` and `npm run schema` would. */
function tidy(paths: readonly string[], root: string): void {
  const formatted = paths.filter((path) => path.endsWith('.ts'))
  execFileSync('biome', ['check', '--write', ...formatted], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  execFileSync('node', ['scripts/schema.ts'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
}

if (import.meta.main) {
  const [name = ''] = process.argv.slice(2)
  try {
    const paths = newPolicy(name, '.')
    tidy(paths, '.')
    const tests = paths.filter((path) => path.startsWith('test/'))
    console.log(`${[...paths, schema].map((path) => `  ${path}`).join('\n')}
docs/new-policy.md goes through them. Now:
  npm run check
  npm test -- ${tests.join(' ')}`)
  } catch (error) {
    console.error(`new-policy: ${(error as Error).message}\nusage: npm run new-policy <name>`)
    process.exitCode = 2
  }
}
