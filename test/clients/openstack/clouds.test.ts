import { writeFileSync } from 'node:fs'
import t from 'tap'
import type { CloudEntry } from '../../../src/clients/openstack/cloud-entry.ts'
import { loadCloud, parseCloud, problemText } from '../../../src/clients/openstack/clouds.ts'

const domains = { user_domain_name: 'Default', project_domain_name: 'Default' }
const auth = {
  ...{ auth_url: 'https://keystone.example:5000/v3', username: 'u', password: 'p', project_name: 'dev' },
  ...domains
}

t.test('where the file is found', async (t) => {
  const clouds = (name: string) => JSON.stringify({ clouds: { dev: { auth: { ...auth, username: name } } } })
  const dir = t.testdir({
    cwd: { 'clouds.yaml': clouds('cwd') },
    yml: { 'clouds.yml': clouds('yml') },
    json: { 'clouds.json': clouds('json') },
    empty: {},
    home: { '.config': { openstack: { 'clouds.yaml': clouds('home') } } },
    xdg: { openstack: { 'clouds.yaml': clouds('xdg') } },
    named: { 'my.yaml': clouds('named') }
  })
  const HOME = `${dir}/home`
  const cases: [string, string, Record<string, string>][] = [
    ['cwd', 'cwd', { HOME }],
    ['yml', 'yml', { HOME }],
    ['json', 'json', { HOME }],
    ['home', 'empty', { HOME }],
    ['xdg', 'empty', { HOME, XDG_CONFIG_HOME: `${dir}/xdg` }],
    ['named', 'cwd', { HOME, OS_CLIENT_CONFIG_FILE: `${dir}/named/my.yaml` }],
    ['cwd', 'cwd', { HOME, OS_CLIENT_CONFIG_FILE: `${dir}/nowhere.yaml` }]
  ]
  for (const [user, folder, env] of cases) {
    const loaded = loadCloud('dev', env, { cwd: `${dir}/${folder}` })
    t.match(loaded, { ok: true, cloud: { name: 'dev', auth: { user: { name: user } } } }, `${user} from ${folder}`)
  }
})

t.test('which cloud', async (t) => {
  const one = JSON.stringify({ clouds: { dev: { auth } } })
  const two = JSON.stringify({ clouds: { dev: { auth }, prod: { auth: { ...auth, project_name: 'prod' } } } })
  const cwd = t.testdir({ 'clouds.yaml': two, one: { 'clouds.yaml': one } })
  const name = (loaded: ReturnType<typeof loadCloud>) =>
    loaded.ok ? loaded.cloud.name : loaded.problems.map(problemText).join('\n')
  const env = { OS_AUTH_URL: 'http://k', OS_USER_ID: 'u', OS_PASSWORD: 'p', OS_PROJECT_ID: 'x' }
  t.equal(name(loadCloud('prod', {}, { cwd })), 'prod')
  t.equal(name(loadCloud(undefined, { OS_CLOUD: 'prod' }, { cwd })), 'prod')
  t.equal(name(loadCloud(undefined, {}, { cwd: `${cwd}/one` })), 'dev', 'the only one')
  t.match(name(loadCloud(undefined, {}, { cwd })), /no cloud was named; allowed: OS_CLOUD set to one of dev, prod/)
  t.match(
    name(loadCloud('test', {}, { cwd })),
    /clouds\.yaml: clouds\.test: no cloud has this name; allowed: dev, prod/
  )
  t.equal(name(loadCloud(undefined, env, { cwd })), 'envvars')
  t.equal(name(loadCloud('prod', env, { cwd })), 'prod', 'a name wins over the variables')
  t.equal(name(loadCloud('mine', { ...env, OS_CLOUD_NAME: 'mine' }, { cwd })), 'mine')
  t.match(
    name(loadCloud('dev', { HOME: `${cwd}/none`, OS_CLIENT_CONFIG_FILE: `${cwd}/none.yaml` }, { cwd: `${cwd}/none` })),
    /no such file|no cloud has this name/
  )
})

t.test('secure.yaml is merged over it', async (t) => {
  const cwd = t.testdir({
    'clouds.yaml': JSON.stringify({ clouds: { dev: { auth: { ...auth, password: undefined }, region_name: 'R1' } } }),
    'secure.yaml': 'clouds:\n  dev:\n    auth:\n      password: from secure\n',
    other: { 'secret.yaml': 'clouds: {dev: {auth: {password: named}}}' }
  })
  t.match(loadCloud('dev', {}, { cwd }), { ok: true, cloud: { auth: { password: 'from secure' }, regionName: 'R1' } })
  const named = loadCloud('dev', { OS_CLIENT_SECURE_FILE: `${cwd}/other/secret.yaml` }, { cwd })
  t.match(named, { ok: true, cloud: { auth: { password: 'named' } } })
})

t.test('what an entry may say', async (t) => {
  const pem = `${t.testdir({ 'ca.pem': 'PEM' })}/ca.pem`
  const user = { name: 'u', domain: { name: 'Default' } }
  const project = { name: 'dev', domain: { name: 'Default' } }
  const plain = { type: 'password', user, project, password: 'p' }
  const cases: [string, object, Partial<CloudEntry> | object][] = [
    [
      'the least',
      { auth },
      {
        authUrl: auth.auth_url,
        auth: plain,
        regionName: null,
        interface: 'public',
        cacert: null,
        verify: true,
        endpointOverrides: {}
      }
    ],
    [
      'domains by name',
      { auth },
      { auth: { user: { domain: { name: 'Default' } }, project: { domain: { name: 'Default' } } } }
    ],
    [
      'domains by id',
      { auth: { ...auth, user_domain_id: 'd1', project_domain_id: 'd2' } },
      { auth: { user: { domain: { id: 'd1' } }, project: { domain: { id: 'd2' } } } }
    ],
    [
      'ids',
      { auth: { ...auth, user_id: 'uid', project_id: 'pid' } },
      { auth: { user: { id: 'uid' }, project: { id: 'pid' } } }
    ],
    ['auth keys beside auth', { ...auth }, { auth: plain }],
    ['a number as region', { auth, region_name: 7 }, { regionName: '7' }],
    ['a number as password', { auth: { ...auth, password: 123 } }, { auth: { password: '123' } }],
    [
      'region, interface',
      { auth, region_name: 'R2', interface: 'internal' },
      { regionName: 'R2', interface: 'internal' }
    ],
    ['the old name of interface', { auth, endpoint_type: 'adminURL' }, { interface: 'admin' }],
    ['the first of the regions', { auth, regions: [{ name: 'R3' }, 'R4'] }, { regionName: 'R3' }],
    ['a CA bundle', { auth, cacert: pem }, { cacert: 'PEM' }],
    ['no verification', { auth, verify: false }, { verify: false }],
    [
      'endpoints',
      { auth, compute_endpoint_override: 'http://n:1', block_storage_endpoint_override: 'http://c:1' },
      { endpointOverrides: { compute: 'http://n:1', 'block-storage': 'http://c:1' } }
    ],
    [
      'an application credential',
      {
        auth_type: 'v3applicationcredential',
        auth: { auth_url: 'http://k', application_credential_id: 'a', application_credential_secret: 's' }
      },
      { auth: { type: 'applicationCredential', credential: { id: 'a' }, secret: 's' } }
    ],
    [
      'an application credential by name',
      {
        auth_type: 'v3applicationcredential',
        auth: {
          auth_url: 'http://k',
          application_credential_name: 'n',
          application_credential_secret: 's',
          username: 'u',
          user_domain_name: 'Default'
        }
      },
      { auth: { type: 'applicationCredential', credential: { name: 'n', user }, secret: 's' } }
    ]
  ]
  for (const [name, raw, cloud] of cases)
    t.match(parseCloud('dev', raw, 'f'), { ok: true, cloud: { name: 'dev', ...cloud } }, name)
})

t.test('everything that is wrong, at once', async (t) => {
  const loaded = parseCloud(
    'dev',
    {
      auth: { auth_url: 'keystone', username: 'u', user_domain_id: 'd' },
      interface: 'outside',
      cacert: '/no/such.pem',
      dns_endpoint_override: 'x'
    },
    '/etc/openstack/clouds.yaml'
  )
  t.notOk(loaded.ok)
  const said = loaded.ok ? [] : loaded.problems.map(problemText)
  t.same(said.map((sentence) => sentence.split(': ')[1]).sort(), [
    'clouds.dev.auth.auth_url',
    'clouds.dev.auth.password',
    'clouds.dev.auth.project_name',
    'clouds.dev.cacert',
    'clouds.dev.dns_endpoint_override',
    'clouds.dev.interface'
  ])
  t.ok(
    said.includes('/etc/openstack/clouds.yaml: clouds.dev.interface: is "outside"; allowed: public, internal, admin'),
    said.join('\n')
  )
  const cases: [string, unknown, RegExp][] = [
    ['not a mapping', 'x', /clouds\.dev: is not a mapping/],
    [
      'a kind of authentication that we do not speak',
      { auth, auth_type: 'v3oidcpassword' },
      /auth_type: is "v3oidcpassword"; allowed: password/
    ],
    ['a list as password', { auth: { ...auth, password: ['x'] } }, /auth\.password: is a list; allowed: text/],
    ['a profile', { auth, profile: 'vexxhost' }, /profile: there are no profiles here/],
    ['an unknown key', { auth, regoin_name: 'x' }, /regoin_name: is not known, did you mean 'region_name'/],
    [
      'no credential',
      { auth_type: 'v3applicationcredential', auth: { auth_url: 'http://k' } },
      /application_credential_id: is missing/
    ],
    ['a region that is none', { auth, region_name: {} }, /region_name: is a mapping/]
  ]
  for (const [name, raw, message] of cases) {
    const wrong = parseCloud('dev', raw, 'f')
    t.match(wrong.ok ? '' : wrong.problems.map(problemText).join('\n'), message, name)
    t.equal(wrong.ok || wrong.problems.length, 1 + Number(name === 'no credential'), 'and nothing else')
  }
})

t.test('a file that is not YAML, and the environment', async (t) => {
  const cwd = t.testdir({ 'clouds.yaml': 'clouds: [' })
  const broken = loadCloud('dev', {}, { cwd })
  t.match(broken.ok ? '' : problemText(broken.problems[0]!), /clouds\.yaml: clouds: is not YAML/)
  const env = {
    OS_AUTH_URL: 'http://k',
    OS_USERNAME: 'u',
    OS_USER_DOMAIN_ID: 'default',
    OS_REGION_NAME: 'R',
    OS_INSECURE: 'true',
    OS_INTERFACE: 'internal',
    OS_DNS_ENDPOINT_OVERRIDE: 'http://d'
  }
  const missing = loadCloud(undefined, env, { cwd: t.testdirName })
  t.same(missing.ok ? [] : missing.problems.map(({ file, key }) => `${file} ${key}`), [
    'environment OS_PASSWORD',
    'environment OS_PROJECT_NAME'
  ])
  const loaded = loadCloud(
    undefined,
    { ...env, OS_PASSWORD: 'p', OS_PROJECT_NAME: 'dev', OS_PROJECT_DOMAIN_NAME: 'D' },
    {}
  )
  t.match(loaded, {
    ok: true,
    cloud: {
      ...{
        name: 'envvars',
        regionName: 'R',
        verify: false,
        interface: 'internal',
        endpointOverrides: { dns: 'http://d' }
      },
      auth: { type: 'password', password: 'p', project: { name: 'dev', domain: { name: 'D' } } }
    }
  })
})

t.test('what a mistake in the file says never quotes it', async (t) => {
  const cwd = t.testdir()
  for (const begin of [
    '*',
    '!',
    '! ',
    '!!',
    '&',
    '&a ',
    '%',
    '@',
    '`',
    '"',
    "'",
    '|',
    '>',
    '{',
    '[',
    '- ',
    '? ',
    'x: ',
    ', ',
    '=',
    '<<: '
  ]) {
    writeFileSync(`${cwd}/clouds.yaml`, `clouds:\n  dev:\n    auth:\n      password: ${begin}hunter2\n      x: 1\n`)
    const loaded = loadCloud('dev', {}, { cwd })
    t.notOk(loaded.ok)
    t.notMatch(JSON.stringify(loaded), 'hunter2', `a password that begins with ${begin}`)
  }
  writeFileSync(`${cwd}/clouds.json`, '{"clouds": {"dev": {"auth": {"password": "hunter2" "x"}}}}')
  const json = loadCloud('dev', { OS_CLIENT_CONFIG_FILE: `${cwd}/clouds.json` }, { cwd })
  t.match(JSON.stringify(json), /is not JSON/)
  t.notMatch(JSON.stringify(json), 'hunter2')
})
