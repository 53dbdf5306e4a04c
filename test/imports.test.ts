import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import t from 'tap'

/**
 * What each part of `src/` may import at run time, and of which it may use types only. Imports point one way: the
 * pure middle knows nothing of its edges.
 */
const anything = ['*']
const pure = ['events', 'core']
const rules: Record<string, { values: readonly string[]; types: readonly string[] }> = {
  events: { values: ['events'], types: [] },
  core: { values: pure, types: ['clients', 'store'] },
  state: { values: [...pure, 'state'], types: ['clients', 'store'] },
  actions: { values: [...pure, 'actions'], types: ['clients', 'state'] },
  policies: { values: [...pure, 'policies', 'state', 'actions', 'config', 'words.ts'], types: ['clients', 'store'] },
  clients: { values: ['clients', 'config', 'core'], types: [] },
  store: { values: ['store', 'core'], types: pure },
  consumers: { values: ['consumers', ...pure], types: [] },
  config: { values: ['config', 'core'], types: ['config.ts'] },
  handlers: {
    values: [
      'handlers',
      'core',
      'in-time.ts',
      'events',
      'explain',
      'slack',
      'config',
      'errors.ts',
      'isolation',
      'local-proof.ts',
      'log.ts',
      'metrics.ts',
      'people.ts',
      'quota',
      'turns.ts',
      'who.ts'
    ],
    types: ['core', 'store', 'config.ts', 'heartbeats.ts']
  },
  slack: {
    values: [
      ...pure,
      'slack',
      'in-time.ts',
      'clients',
      'commands',
      'config',
      'errors.ts',
      'explain',
      'isolation',
      'people.ts',
      'plain.ts',
      'quota',
      'turns.ts',
      'words.ts'
    ],
    types: ['store', 'config.ts', 'heartbeats.ts', 'log.ts']
  },
  explain: { values: [...pure, 'explain', 'errors.ts', 'plain.ts'], types: ['store'] },
  doctor: {
    values: [
      'doctor',
      'clients',
      'config',
      'config.ts',
      'consumers',
      'core',
      'in-time.ts',
      'policies',
      'state',
      'store'
    ],
    types: ['commands']
  },
  quota: { values: [...pure, 'config', 'quota', 'policies', 'state', 'people.ts'], types: ['store'] },
  isolation: { values: ['isolation', 'core'], types: ['store'] },
  ui: { values: [], types: [] },
  commands: { values: anything, types: anything },
  'errors.ts': { values: [], types: [] },
  'log.ts': { values: ['core', 'plain.ts'], types: [] },
  'plain.ts': { values: [], types: [] },
  'prom-client.ts': { values: [], types: [] },
  'words.ts': { values: ['config', 'quota'], types: ['core'] },
  'metrics.ts': { values: ['prom-client.ts'], types: [] },
  'config.ts': { values: ['config', 'core'], types: [] },
  'slack-side.ts': {
    values: ['clients', 'people.ts', 'slack'],
    types: ['config.ts', 'handlers', 'heartbeats.ts', 'log.ts']
  },
  'requester.ts': { values: ['core'], types: ['config.ts', 'events'] },
  'enabled.ts': { values: ['core', 'policies'], types: ['config.ts', 'pipeline.ts'] },
  'people.ts': { values: ['core', 'config'], types: ['events', 'policies', 'store'] },
  'configure.ts': { values: ['config', 'config.ts', 'log.ts', 'policies', 'simulated.ts'], types: ['handlers'] },
  'examine.ts': { values: ['clients', 'config.ts', 'core', 'policies'], types: ['config'] },
  'reload.ts': { values: ['config', 'config.ts', 'policies'], types: ['handlers', 'log.ts'] },
  'pipeline.ts': {
    values: [...pure, 'plan-identity.ts', 'route.ts', 'shares.ts'],
    types: ['state', 'store', 'log.ts']
  },
  'route.ts': { values: ['core', 'events'], types: ['pipeline.ts', 'store'] },
  'plan-identity.ts': { values: ['core'], types: ['events', 'pipeline.ts', 'store'] },
  'heartbeats.ts': { values: ['core'], types: ['handlers'] },
  'shares.ts': { values: ['core'], types: [] },
  'consumed.ts': { values: ['core'], types: ['config.ts'] },
  'in-time.ts': { values: [], types: [] },
  'standing-stops.ts': { values: ['in-time.ts'], types: ['core', 'log.ts', 'store'] },
  'clock-watch.ts': { values: ['core'], types: ['handlers', 'log.ts', 'tools.ts'] },
  'beside.ts': { values: [], types: ['clock-watch.ts', 'log.ts', 'standing-stops.ts', 'store'] },
  'stage-checks.ts': { values: [], types: ['handlers', 'worker.ts'] },
  'worker.ts': { values: ['core', 'heartbeats.ts', 'pipeline.ts', 'shares.ts'], types: ['log.ts'] },
  'app.ts': {
    values: ['handlers', 'config', 'core', 'errors.ts', 'log.ts', 'metrics.ts', 'who.ts'],
    types: ['store', 'config.ts', 'local-proof.ts', 'people.ts', 'simulated-config.ts']
  },
  'local-proof.ts': { values: [], types: [] },
  'turns.ts': { values: [], types: [] },
  'reader.ts': { values: ['core'], types: ['log.ts', 'read-thread.ts', 'store'] },
  'who.ts': { values: [], types: ['core', 'config.ts'] },
  'tools.ts': { values: ['clients'], types: ['config.ts', 'handlers', 'state'] },
  'consume.ts': {
    values: ['core'],
    types: ['config.ts', 'consume-thread.ts', 'handlers', 'heartbeats.ts', 'log.ts', 'metrics.ts']
  },
  'simulated.ts': { values: ['events', 'simulated-config.ts', 'store'], types: ['log.ts'] },
  'simulated-people.ts': { values: [], types: ['simulated-config.ts'] },
  'simulated-config.ts': { values: [], types: [] },
  'build.ts': { values: [], types: [] },
  'replay.ts': { values: ['core'], types: ['store'] },
  'adopt.ts': { values: ['core', 'policies', 'state'], types: ['store'] },
  // Composition roots.
  'live.ts': { values: anything, types: anything },
  'server.ts': { values: anything, types: anything },
  'cli.ts': { values: anything, types: anything },
  'read-thread.ts': { values: ['core', 'store'], types: [] },
  'consume-thread.ts': { values: anything, types: anything }
}

/** `import`, `export … from` and `import()` of a relative path; whether it is erased at run time. */
const imports = /(?:^|\n)\s*(?:import|export)\s+(type\s)?([^'"]*?)from\s+'(\.[^']+)'|import\(\s*'(\.[^']+)'\s*\)/g

function partOf(file: string): string {
  return relative('src', file).split('/')[0]!
}

t.test('imports point one way', async (t) => {
  const files = globSync('src/**/*.ts')
  t.ok(files.length > 50, `${files.length} files`)
  let seen = 0
  for (const file of files) {
    const part = partOf(file)
    const rule = rules[part]
    t.ok(rule, `${file}: '${part}' has no row in the table of test/imports.test.ts`)
    if (rule === undefined) continue
    for (const [, keyword, names = '', from, dynamic] of readFileSync(file, 'utf8').matchAll(imports)) {
      const target = join(dirname(file), (from ?? dynamic)!)
      if (!target.startsWith('src/')) continue
      seen++
      const onlyTypes =
        keyword !== undefined ||
        (/^\{/.test(names) &&
          names
            .replace(/[{}\s]+/g, ' ')
            .trim()
            .split(', ')
            .every((one) => one.startsWith('type ')))
      const allowed = onlyTypes ? [...rule.values, ...rule.types] : rule.values
      const to = partOf(target)
      if (!allowed.includes('*') && to !== part && !allowed.includes(to))
        t.fail(`${file} imports ${onlyTypes ? 'types of ' : ''}${to}; it may import ${allowed.join(', ') || 'nothing'}`)
    }
  }
  t.ok(seen > 150, `${seen} imports were read`)
})

t.test(
  '@kubernetes/client-node and the edges’ libraries are not imported where they would cost every start',
  async (t) => {
    const libraries: Record<string, RegExp> = {
      amqplib: /^src\/(consumers\/|consume-thread)/,
      '@slack/web-api': /^$/,
      '@kubernetes/client-node': /^$/,
      'prom-client': /^$/,
      './slack-library.ts': /^$/,
      './prom-client.ts': /^$/
    }
    for (const file of globSync('src/**/*.ts'))
      for (const [library, where] of Object.entries(libraries)) {
        const statically = new RegExp(`(?:^|\\n)import (?!type)[^\\n]*'${library}'`).test(readFileSync(file, 'utf8'))
        if (statically && !where.test(file)) t.fail(`${file} imports ${library} at start`)
      }
    t.match(readFileSync('src/base/metrics.ts', 'utf8'), /await import\('\.\/prom-client\.ts'\)/)
    t.match(readFileSync('src/clients/slack/slack.ts', 'utf8'), /import\('\.\/slack-library\.ts'\)/)
    t.match(readFileSync('src/clients/kubernetes/calls.ts', 'utf8'), /await import\('@kubernetes\/client-node'\)/)
  }
)

t.test('no CommonJS package is imported dynamically: in the production bundle that gives only `default`', async (t) => {
  const late = new Set<string>()
  for (const file of globSync('src/**/*.ts'))
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?<!typeof )\bimport\('([^.'][^']*)'\)(?!\.)/g))
      if (!name!.startsWith('node:')) late.add(name!)
  t.ok(late.size > 0, [...late].join(', '))
  for (const name of late) {
    const { type } = JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8')) as { type?: string }
    t.equal(type, 'module', `${name} is loaded late, so it must be an ES module, or be loaded by a module of ours`)
  }
})

t.test(
  'no action looks at the stop by itself: whatever its call waits for then, the look would be older than the call',
  (t) => {
    for (const file of globSync('src/actions/**/*.ts'))
      if (/\bbeforeChange\(/.test(readFileSync(file, 'utf8')))
        t.fail(`${file} calls beforeChange; let the client do it: { before: context.beforeChange }`)
    t.end()
  }
)
