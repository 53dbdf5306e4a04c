import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { loadAccess } from '../../../src/clients/kubernetes/kubeconfig.ts'
import { proxyFromEnvironment } from '../../../src/clients/kubernetes/proxy.ts'
import { kubeconfigFiles } from '../../contract/kubeconfig-files.ts'
import { kubeconfigRows, kubeconfigText } from '../../contract/kubeconfigs.ts'
import { whoAmI } from '../../contract/whoami.ts'

const tokens = { admin: 'admin-token', reader: 'reader-token' }

/** An API server that only says whom it takes somebody for; each group is a header line of its own. */
const server = createServer((request, response) => {
  const user = Object.entries(tokens).find(([, token]) => request.headers.authorization === `Bearer ${token}`)?.[0]
  const lines = (name: string) =>
    request.rawHeaders.flatMap((one, n) =>
      n % 2 === 0 && one.toLowerCase() === name ? [request.rawHeaders[n + 1]!] : []
    )
  const username = request.headers['impersonate-user'] ?? user
  const groups = [...lines('impersonate-group'), 'system:authenticated']
  response.writeHead(user === undefined ? 401 : 201, { 'content-type': 'application/json' })
  const extra = Object.fromEntries(
    Object.keys(request.headers)
      .filter((name) => name.startsWith('impersonate-extra-'))
      .map((name) => [decodeURIComponent(name.slice('impersonate-extra-'.length)), lines(name)])
  )
  const uid = request.headers['impersonate-uid']
  response.end(JSON.stringify({ status: { userInfo: { username, groups, extra, uid } } }))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
t.teardown(() => {
  server.closeAllConnections()
  server.close()
})
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const world = { ...tokens, server: url, trust: { 'insecure-skip-tls-verify': true } }
const rows = kubeconfigRows(tokens).filter((row) => row.tls !== true)
t.ok(rows.length >= 30, `${rows.length} rows`)

for (const row of rows)
  t.test(row.name, async (t) => {
    const folder = t.testdir({})
    kubeconfigFiles(folder, tokens)
    const kubeconfig = join(folder, 'kubeconfig')
    writeFileSync(kubeconfig, kubeconfigText(row, world))
    if ('refused' in row.as) {
      await t.rejects(whoAmI({ kubeconfig }), { message: row.as.refused })
      return
    }
    const found = await whoAmI({ kubeconfig })
    t.equal(found.username, row.as.user)
    if (row.as.groups !== undefined) t.same(found.groups, row.as.groups)
    if (row.user['as-uid'] !== undefined)
      t.match(found, { uid: '7', extra: { 'example.org/a b': ['x', 'y'] } }, 'with all that belongs to it')
  })

t.test('several files, as in KUBECONFIG: the first of a name counts, each with its own folder', async (t) => {
  const folder = t.testdir({ a: {}, b: { 'reader.token': 'reader-token' } })
  const [a, b] = [join(folder, 'a/kubeconfig'), join(folder, 'b/kubeconfig')]
  const user = (one: object) => [{ name: 'one', user: one }]
  const row = { name: '', as: { user: '' }, user: {} }
  writeFileSync(a, JSON.stringify({ users: user({ token: 'admin-token' }) }))
  writeFileSync(b, kubeconfigText({ ...row, user: { tokenFile: 'reader.token' } }, world))
  t.match(await whoAmI({ kubeconfig: `${a}:${b}` }), { username: 'admin' })
  t.match(await whoAmI({ kubeconfig: `${b}:${a}:/no/such/file` }), { username: 'reader' })
  await t.rejects(whoAmI({ kubeconfig: '/no/such/file:/nor/this' }), {
    message: /\/no\/such\/file, \/nor\/this cannot be read: ENOENT/
  })
})

t.test('everything that is wrong is said at once, and no secret is quoted', async (t) => {
  const kubeconfig = join(t.testdir({}), 'kubeconfig')
  const user = { token: 1234567890123, tokenfile: 'x', as: ['geheim'] }
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      ...JSON.parse(kubeconfigText({ name: '', as: { user: '' }, user, cluster: { serve: 'x' } }, world))
    })
  )
  const error = await loadAccess({ kubeconfig }).then(
    () => new Error('it was taken'),
    (thrown: Error) => thrown
  )
  for (const one of [
    /cluster 'one': serve: /,
    /user 'one': tokenfile: /,
    /user 'one': token: is a number/,
    /user 'one': as: is a list/
  ])
    t.match(error.message, one)
  t.notMatch(error.message, /1234567890123|geheim/)
})

t.test('servers that are refused', async (t) => {
  const kubeconfig = join(t.testdir({}), 'kubeconfig')
  const refused = async (server: string) => {
    writeFileSync(
      kubeconfig,
      kubeconfigText({ name: '', as: { user: '' }, user: { token: 'a' }, cluster: { server } }, world)
    )
    return loadAccess({ kubeconfig }).then(
      () => 'taken',
      (error: Error) => error.message
    )
  }
  t.match(await refused('127.0.0.1:6443'), /server: is no URL with https:/)
  t.match(await refused('https://me:geheim@example.org'), /server: holds a user or a password/)
  t.notMatch(await refused('https://me:geheim@example.org'), /geheim/)
  t.match(await refused('http://example.org'), /is without TLS and not on this machine/)
  t.equal(await refused('https://example.org/k8s/clusters/c-1'), 'taken', 'behind a proxy with a path')
})

t.test('proxies of the environment, as Go reads them', (t) => {
  const proxy = (url: string, env: Record<string, string>) => proxyFromEnvironment(new URL(url), env)
  const env = {
    HTTPS_PROXY: 'proxy.example.org:3128',
    NO_PROXY: 'a.example.org,.b.example.org, 10.0.0.0/8,c.example.org:8443'
  }
  t.equal(proxy('https://k8s.example.org', env), 'http://proxy.example.org:3128')
  t.equal(proxy('http://k8s.example.org', env), null)
  t.equal(proxy('https://k8s.example.org', { https_proxy: 'http://p' }), 'http://p')
  for (const host of [
    'a.example.org',
    'x.a.example.org',
    'x.b.example.org',
    '10.1.2.3',
    'c.example.org:8443',
    'localhost',
    '127.0.0.2',
    '[::1]'
  ])
    t.equal(proxy(`https://${host}`, env), null, host)
  for (const host of ['b.example.org', 'c.example.org', '11.1.2.3', 'aa.example.org.evil', 'xa.example.org'])
    t.ok(proxy(`https://${host}`, env), host)
  t.equal(proxy('https://k8s.example.org', { ...env, NO_PROXY: '*' }), null)
  t.end()
})
