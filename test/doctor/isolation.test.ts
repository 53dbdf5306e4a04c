import t from 'tap'
import { world } from './world.ts'

const clusters = `dev: { cloud: dev, tier: bursty }, prod: { cloud: prod, tier: change-controlled, windows: [{ name: w, always: true }] }`

const config = (settings: string) => `clusters: { ${clusters} }
policies: { isolation: { mode: observe, settings: { ${settings} } } }
journal: { path: journal.db }
http: { port: 1 }
`
const usual =
  'clusters: { dev: { admins: [dev-user] }, prod: { admins: [prod-user] } }, operators: [admin, nova, octavia]'

t.test('an administrator sees all of it, and every name is found', async (t) => {
  const w = await world(t, { config: config(`cloud: admin, ${usual}`) })
  const { at } = await w.examine()
  t.same([...at('failure', 'isolation'), ...at('warning', 'isolation')], [])
  t.match(at('ok', 'isolation', 'project of dev'), [/2 of its 2 networks are seen/])
  t.match(at('ok', 'isolation', 'matrix'), [/every name is found: 2 clusters, 3 networks/])
  t.same(at('warning', 'credentials', 'cloud entry admin'), [], 'admin is what it is for')
  const changing = w.sim.requests.filter(({ method, path }) => method !== 'GET' && path !== '/v3/auth/tokens')
  t.same(changing, [], 'only read')
})

t.test('who sees one project only is told so, though Neutron says nothing', async (t) => {
  const w = await world(t, { config: config(`cloud: dev-user, ${usual}`) })
  const { at } = await w.examine()
  t.match(at('failure', 'isolation', 'project of prod'), [
    /only 0 of its 1 networks are seen → give the user of 'dev-user' the role admin/
  ])
  t.match(at('failure', 'isolation', 'role assignments of dev'), [/403.* → give the user of 'dev-user' the role admin/])
  t.match(at('failure', 'isolation', 'role assignments of the system'), [/--system all reader/])
  t.match(at('warning', 'isolation', 'trusts'), [/trust-impersonation judges nothing → .*a user and password/])
  t.same(at('failure', 'isolation', 'matrix'), [], 'names are looked at by somebody who sees')
})

t.test('names that nobody has, and no operators', async (t) => {
  const wrong = 'cloud: admin, clusters: { dev: { admins: [devusr], volumeTypes: [gold] }, prod: {} }'
  const w = await world(t, { config: config(wrong) })
  const { at } = await w.examine()
  t.match(at('failure', 'isolation', 'matrix'), [
    /clusters.dev.admins: no user is called devusr: this entry counts for nothing.* → correct it .*the others go on/,
    /clusters.dev.volumeTypes: no volume type is called gold/
  ])
  t.match(at('warning', 'isolation', 'operators'), [/none is listed.*nobody’s role is revoked/])
})

t.test('an entry that Keystone refuses is said once', async (t) => {
  const w = await world(t, { config: config(`cloud: admin, ${usual}`) })
  w.entry('admin', { auth: { password: 'wrong' } })
  const { at } = await w.examine()
  t.equal(at('failure', 'credentials').length, 1)
  t.same(at('failure', 'isolation'), [])
})
