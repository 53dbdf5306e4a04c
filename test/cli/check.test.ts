import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cloudsFile } from '../clients/openstack/clouds-entry.ts'
import { configText, world } from '../doctor/world.ts'
import { product, said } from './product.ts'

t.test('check says what is right but of no effect', async (t) => {
  const { run } = await product(
    t,
    `policies:
  dns-records: { mode: enforce, settings: { cloud: dev, fixed: { zone: cloud.lab. } } }
`
  )
  const { code, out, err } = await run(['check'])
  t.equal(err, '')
  t.equal(code, 0)
  const [warning, right] = out.split('\n')
  t.match(
    warning,
    /^reflex.yaml:3:3 {2}clusters.prod: no window is for dns-records, .*; allowed: a window.* \(a warning\)$/
  )
  t.equal(right, 'reflex.yaml is right: 2 clusters, 0 brokers, policies: dns-records enforce')
})

t.test('check: not understood', async (t) => {
  const { run } = await product(t)
  t.match(await run(['check', '--shcema']), {
    code: 2,
    err: 'reflex check: there is no option --shcema, did you mean --schema?\n'
  })
  t.match(await run(['check', 'a', 'b']), { code: 2, err: 'reflex check: one file\n' })
})

t.test('check refuses what start would: entries that clouds.yaml does not have, or that are wrong', async (t) => {
  const { run, cwd } = await product(
    t,
    `policies:
  dns-records: { settings: { cloud: dns, fixed: { zone: cloud.lab. }, keepFree: -1 } }
  isolation: { mode: off, settings: { cloud: nobody, clusters: { dev: {}, prod: {} }, operators: [reflex@Default] } }
`
  )
  writeFileSync(join(cwd, 'clouds.yaml'), cloudsFile(['dev'], { prod: { region_name: 'R', cert: '/c.pem' } }))
  const { code, err } = await run(['check'])
  t.equal(code, 1)
  t.match(err, /reflex.yaml:3:18 {2}clusters.prod.cloud = "prod": .*clouds.yaml: clouds.prod.auth.auth_url: is missing/)
  t.match(err, /clouds.prod.cert: client certificates are not supported/)
  t.match(err, /policies.dns-records.settings.cloud = "dns": .*clouds.dns: no cloud has this name; allowed: dev, prod/)
  t.match(err, /keepFree = -1: is out of range/, 'in the same round')
  t.notMatch(err, /nobody/, 'a policy that is off opens no cloud')
})

t.test('check: no clouds.yaml is told once', async (t) => {
  const { run, cwd } = await product(t)
  const env = { HOME: cwd, OS_CLIENT_CONFIG_FILE: join(cwd, 'none.yaml') }
  writeFileSync(join(cwd, 'clouds.yaml'), 'clouds: [')
  const { code, err } = await run(['check'], undefined, env)
  t.equal(code, 1)
  t.match(err, /clouds: is not YAML as PyYAML reads it/)
  t.match(err, /1 problem in the configuration/)
})

t.test('check: clusters that are one project, and groups over two OpenStacks', async (t) => {
  const quotas = `policies:
  quota-rebalance:
    settings:
      cloud: quotas
      groups:
        all:
          projects: { dev: {}, prod: {} }
          resources: { cores: { capacity: 100, low: 2, high: 6 } }
`
  const { run, cwd } = await product(t, quotas)
  const elsewhere = { auth_url: 'http://other:5000', user_id: 'u', password: 'p', project_id: 'x' }
  writeFileSync(join(cwd, 'clouds.yaml'), cloudsFile(['dev', 'quotas'], { prod: { auth: elsewhere } }))
  const { code, out } = await run(['check'])
  t.equal(code, 0)
  t.match(out, /settings.cloud = "quotas": group all has cluster prod, which is in the OpenStack at http:..other:5000/)
  t.notMatch(out, /has cluster dev/)

  const dev = (JSON.parse(cloudsFile(['dev'])) as { clouds: { dev: object } }).clouds.dev
  writeFileSync(join(cwd, 'clouds.yaml'), cloudsFile(['dev', 'quotas'], { prod: { ...dev, region_name: 'R' } }))
  const same = await run(['check'])
  t.equal(same.code, 1)
  t.match(same.err, /clusters.prod.cloud = "prod": is the project of cluster dev as well/)
})

t.test('check: an entry of clouds.yaml that is in another OpenStack than reflex.yaml says', async (t) => {
  const { run, cwd } = await product(t)
  const write = (more: string, places: Readonly<Record<string, string>>) => {
    const entry = ([name, host]: [string, string]) => {
      const auth = { auth_url: `http://${host}:5000/v3`, user_id: 'u', password: 'p', project_id: name }
      return [name, { auth, region_name: 'RegionOne' }]
    }
    writeFileSync(
      join(cwd, 'clouds.yaml'),
      JSON.stringify({ clouds: Object.fromEntries(Object.entries(places).map(entry)) })
    )
    writeFileSync(
      join(cwd, 'reflex.yaml'),
      `clusters:
  dev-b: { cloud: b-dev, openstack: berlin, tier: bursty }
  dev-f: { cloud: f-dev, openstack: frankfurt, tier: bursty }
policies:
  dns-records@berlin: { settings: { cloud: b-dns, fixed: { zone: cloud.lab. } } }
  dns-records@frankfurt: { settings: { cloud: f-dns, fixed: { zone: cloud.lab. } } }
journal: { path: j.db }
${more}`
    )
  }
  write('', { 'b-dev': 'b', 'f-dev': 'f', 'b-dns': 'b', 'f-dns': 'f' })
  t.match(await run(['check']), { code: 0, err: '' })
  write('', { 'b-dev': 'b', 'f-dev': 'f', 'b-dns': 'f', 'f-dns': 'b' })
  const { code, err } = await run(['check'])
  t.equal(code, 1)
  t.match(
    err,
    /policies.dns-records@berlin.settings.cloud = "b-dns": is in the OpenStack frankfurt, by its Keystone http:..f:5000 \(as cluster dev-f\), and this is for berlin/
  )
  t.match(err, /policies.dns-records@frankfurt.settings.cloud = "f-dns": is in the OpenStack berlin/)
  write('', { 'b-dev': 'b', 'f-dev': 'b', 'b-dns': 'b', 'f-dns': 'f' })
  const cluster = await run(['check'])
  t.match(
    cluster.err,
    /clusters.dev-f.cloud = "f-dev": is in the OpenStack berlin, by its Keystone http:..b:5000 \(as cluster dev-b\)/
  )
})

t.test('check --clouds asks them', async (t) => {
  const w = await world(t)
  await w.examine()
  const ask = () => said(['check', '--clouds'], { cwd: w.cwd, env: { REFLEX_CONFIG: 'reflex.yaml' } })
  const well = await ask()
  t.equal(well.code, 0, well.out)
  t.match(well.out, /reflex.yaml is right.*\n(.*\n)*credentials\n/)
  t.notMatch(well.out, /^(journal|exchanges|queue|product)$/m)
  w.write('reflex.yaml', configText({ dns: 'cloud: infra, fixed: { zone: nowhere.lab. }' }))
  const missing = await ask()
  t.equal(missing.code, 1)
  t.match(missing.out, /FAIL {2}zone nowhere.lab./)
})

t.test('check tells a kubeconfig that kubectl could not use either', async (t) => {
  const { run, cwd } = await product(
    t,
    `policies:
  dns-records: { mode: enforce, settings: { cloud: dev, fixed: { zone: cloud.lab. } } }
`
  )
  const file = join(cwd, 'reflex.yaml')
  const kubeconfig = join(cwd, 'kubeconfig')
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('tier: bursty', `tier: bursty, kubernetes: { kubeconfig: ${kubeconfig} }`)
  )
  writeFileSync(kubeconfig, 'apiVersion: v1\nkind: Config\ncurrent-context: none\n')
  const { code, out } = await run(['check'])
  t.equal(code, 0, 'the product starts, and says so')
  t.match(out, /clusters\.\w+\.kubernetes: kubeconfig .* has no context 'none'.* \(a warning\)/)
})
