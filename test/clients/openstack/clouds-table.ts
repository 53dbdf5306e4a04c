/** One situation in which a cloud is looked up: files below a home, variables, the name that is asked for. */
export interface CloudCase {
  readonly name: string
  /** Below the home; the working directory is `cwd` in it. `$DIR` is the home, here and in `env`. */
  readonly files: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** null: none is named. */
  readonly cloud?: string | null
  /** openstacksdk understands it and we do not: the key that we name. */
  readonly refused?: string
}

const auth = `auth_url: https://keystone.example:5000/v3
      username: reflex
      password: secret
      project_name: dev
      user_domain_name: Default
      project_domain_name: Default`
const file = (text: string, at = 'cwd/clouds.yaml') => ({ [at]: text })
/** An entry `dev` with the usual authentication, and `more` beside it. */
const entry = (more = '', inAuth = '') =>
  file(`clouds:
  dev:
    auth:
      ${auth}
${inAuth === '' ? '' : `      ${inAuth.replaceAll('\n', '\n      ')}\n`}${more === '' ? '' : `    ${more.replaceAll('\n', '\n    ')}\n`}`)
/** An entry with this authentication only. */
const only = (inAuth: string, more = '') =>
  file(`clouds:
  dev:
    auth:
      ${inAuth.replaceAll('\n', '\n      ')}
${more === '' ? '' : `    ${more.replaceAll('\n', '\n    ')}\n`}`)
const minimal = 'auth_url: http://k/v3\nusername: u\nuser_domain_id: default\nproject_domain_id: default'
const credential = 'auth_url: http://k/v3\napplication_credential_id: abc\napplication_credential_secret: s3'
const named = (user: string) =>
  `clouds: {dev: {auth: {auth_url: http://k, username: ${user}, password: p, project_id: x, user_domain_id: d}}}\n`
const pem = { 'ca.pem': 'PEM OF CA\n' }
const variables = {
  OS_AUTH_URL: 'http://k:5000/v3',
  OS_USERNAME: 'u',
  OS_PASSWORD: 'p',
  OS_PROJECT_NAME: 'x',
  OS_USER_DOMAIN_NAME: 'Default',
  OS_PROJECT_DOMAIN_ID: 'default'
}

/** What `clouds.yaml` may be; each row was read by openstacksdk, and what it made of it is in fixtures/clouds-sdk.json. */
export const cloudCases: readonly CloudCase[] = [
  // Where it is found.
  {
    name: 'the working directory before the home',
    files: { 'cwd/clouds.yaml': named('cwd'), '.config/openstack/clouds.yaml': named('home') }
  },
  { name: 'clouds.yml', files: file(named('yml'), 'cwd/clouds.yml') },
  {
    name: 'clouds.yaml before clouds.yml before clouds.json',
    files: { 'cwd/clouds.json': '{}', 'cwd/clouds.yml': named('yml'), 'cwd/clouds.yaml': named('yaml') }
  },
  { name: 'the home', files: file(named('home'), '.config/openstack/clouds.yaml') },
  {
    name: 'XDG_CONFIG_HOME before the home',
    files: { 'xdg/openstack/clouds.yaml': named('xdg'), '.config/openstack/clouds.yaml': named('home') },
    env: { XDG_CONFIG_HOME: '$DIR/xdg' }
  },
  {
    name: 'the home beside XDG_CONFIG_HOME',
    files: file(named('home'), '.config/openstack/clouds.yaml'),
    env: { XDG_CONFIG_HOME: '$DIR/xdg' }
  },
  {
    name: 'XDG_CONFIG_DIRS',
    files: file(named('site'), 'site/openstack/clouds.yaml'),
    env: { XDG_CONFIG_DIRS: '$DIR/site' }
  },
  {
    name: 'two XDG_CONFIG_DIRS',
    files: file(named('site'), 'site/openstack/clouds.yaml'),
    env: { XDG_CONFIG_DIRS: '$DIR/site:$DIR/other' }
  },
  {
    name: 'SNAP_REAL_HOME',
    files: file(named('snap'), 'snap/.config/openstack/clouds.yaml'),
    env: { SNAP_REAL_HOME: '$DIR/snap' }
  },
  {
    name: 'OS_CLIENT_CONFIG_FILE before all',
    files: { 'mine.yaml': named('mine'), 'cwd/clouds.yaml': named('cwd') },
    env: { OS_CLIENT_CONFIG_FILE: '$DIR/mine.yaml' }
  },
  {
    name: 'OS_CLIENT_CONFIG_FILE that is not there',
    files: file(named('cwd')),
    env: { OS_CLIENT_CONFIG_FILE: '$DIR/none.yaml' }
  },
  {
    name: 'OS_CLIENT_CONFIG_FILE relative to the working directory',
    files: { 'cwd/sub/mine.yaml': named('mine') },
    env: { OS_CLIENT_CONFIG_FILE: 'sub/mine.yaml' }
  },
  {
    name: 'OS_CLIENT_CONFIG_FILE with ~',
    files: { 'mine.yaml': named('mine'), 'cwd/clouds.yaml': named('cwd') },
    env: { OS_CLIENT_CONFIG_FILE: '~/mine.yaml' }
  },
  { name: 'an empty OS_CLIENT_CONFIG_FILE', files: file(named('cwd')), env: { OS_CLIENT_CONFIG_FILE: '' } },
  { name: 'no file at all', files: {} },
  { name: 'an empty file', files: { 'cwd/clouds.yaml': '', '.config/openstack/clouds.yaml': named('home') } },
  {
    name: 'a file that is not YAML is skipped there',
    files: { 'cwd/clouds.yaml': 'clouds: [', '.config/openstack/clouds.yaml': named('home') },
    refused: 'clouds'
  },
  { name: 'a file without clouds', files: file('cloud:\n  dev: {}\n') },
  { name: 'a list', files: file('- dev\n') },
  // Which cloud.
  { name: 'the only one', files: entry(), cloud: null },
  { name: 'none of two', files: file('clouds: {a: {auth: {}}, b: {auth: {}}}'), cloud: null },
  { name: 'OS_CLOUD', files: entry('region_name: R'), env: { OS_CLOUD: 'dev' }, cloud: null },
  { name: 'a name before OS_CLOUD', files: entry(), env: { OS_CLOUD: 'prod' } },
  { name: 'an unknown name', files: entry(), cloud: 'prod' },
  { name: 'OS_CLOUD that is not there', files: entry(), env: { OS_CLOUD: 'prod' }, cloud: null },
  { name: 'OS_REGION_NAME changes nothing of a file', files: entry('region_name: R1'), env: { OS_REGION_NAME: 'R2' } },
  { name: 'a name that is a number', files: file(named('u').replace('dev', '123')), cloud: '123' },
  { name: 'a name that is a quoted number', files: file(named('u').replace('dev', '"123"')), cloud: '123' },
  { name: 'a name that YAML reads as false', files: file(named('u').replace('dev', 'no')), cloud: 'no' },
  // The environment.
  { name: 'OS_* variables', files: {}, env: variables, cloud: null },
  { name: 'OS_* variables, by their name', files: entry(), env: variables, cloud: 'envvars' },
  { name: 'OS_* variables before the only one of the file', files: entry(), env: variables, cloud: null },
  {
    name: 'a file beside OS_* variables',
    files: entry(),
    env: { ...variables, OS_REGION_NAME: 'R9', OS_INTERFACE: 'admin' }
  },
  { name: 'OS_CLOUD before OS_* variables', files: entry(), env: { ...variables, OS_CLOUD: 'dev' }, cloud: null },
  { name: 'OS_* variables beside a broken file', files: file('clouds: ['), env: variables, cloud: null },
  { name: 'OS_CLOUD_NAME', files: {}, env: { ...variables, OS_CLOUD_NAME: 'mine' }, cloud: 'mine' },
  { name: 'OS_CLOUD_NAME that the file has', files: entry(), env: { ...variables, OS_CLOUD_NAME: 'dev' } },
  { name: 'a cloud of the file called envvars', files: file(named('u').replace('dev', 'envvars')), cloud: 'envvars' },
  {
    name: 'region, interface, insecure and an endpoint in variables',
    files: {},
    env: {
      ...variables,
      OS_REGION_NAME: 'R',
      OS_INTERFACE: 'internal',
      OS_INSECURE: 'True',
      OS_DNS_ENDPOINT_OVERRIDE: 'http://d'
    },
    cloud: null
  },
  { name: 'OS_INSECURE=1 is not true', files: {}, env: { ...variables, OS_INSECURE: '1' }, cloud: null },
  { name: 'OS_ENDPOINT_TYPE', files: {}, env: { ...variables, OS_ENDPOINT_TYPE: 'internalURL' }, cloud: null },
  {
    name: 'OS_TENANT_NAME',
    files: {},
    env: { ...variables, OS_PROJECT_NAME: '', OS_TENANT_NAME: 'old' },
    cloud: null,
    refused: 'OS_PROJECT_NAME'
  },
  { name: 'OS_CACERT', files: pem, env: { ...variables, OS_CACERT: '~/ca.pem' }, cloud: null },
  { name: 'OS_CERT', files: pem, env: { ...variables, OS_CERT: '$DIR/ca.pem' }, cloud: null, refused: 'OS_CERT' },
  {
    name: 'OS_AUTH_TYPE with an application credential',
    files: {},
    env: {
      OS_AUTH_URL: 'http://k/v3',
      OS_AUTH_TYPE: 'v3applicationcredential',
      OS_APPLICATION_CREDENTIAL_ID: 'a',
      OS_APPLICATION_CREDENTIAL_SECRET: 's'
    },
    cloud: null
  },
  {
    name: 'unknown variables of other programs',
    files: {},
    env: { ...variables, OS_NO_CACHE: '1', OS_IDENTITY_API_VERSION: '3', OS_FLAVOUR: 'x' },
    cloud: null
  },
  { name: 'OS_TOKEN beside a password', files: {}, env: { ...variables, OS_TOKEN: 't' }, cloud: null },
  {
    name: 'variables of oslotest alone',
    files: entry(),
    env: { OS_TEST_PATH: '.', OS_STDOUT_CAPTURE: '1', OS_LOG_CAPTURE: '1' },
    cloud: null
  },
  {
    name: 'OS_CLOUD beside the cloud of the variables',
    files: entry(),
    env: { ...variables, OS_CLOUD: 'dev' },
    cloud: 'envvars',
    refused: 'OS_CLOUD'
  },
  // secure.yaml.
  {
    name: 'secure.yaml over clouds.yaml',
    files: {
      ...only(`${minimal}\nproject_name: x`, 'region_name: R'),
      'cwd/secure.yaml': 'clouds: {dev: {auth: {password: hidden}}}\n'
    }
  },
  {
    name: 'secure.yaml in another folder',
    files: {
      ...only(`${minimal}\nproject_name: x`),
      '.config/openstack/secure.yml': 'clouds: {dev: {auth: {password: home}}}\n'
    }
  },
  {
    name: 'OS_CLIENT_SECURE_FILE',
    files: {
      ...entry(),
      'cwd/secure.yaml': 'clouds: {dev: {auth: {password: usual}}}\n',
      'mine.yaml': 'clouds: {dev: {auth: {password: mine}}}\n'
    },
    env: { OS_CLIENT_SECURE_FILE: '$DIR/mine.yaml' }
  },
  { name: 'a cloud that only secure.yaml has', files: { 'cwd/secure.yaml': named('secure') } },
  {
    name: 'secure.yaml with a mapping where none is',
    files: { ...file('clouds: {dev: }\n'), 'cwd/secure.yaml': named('u') }
  },
  {
    name: 'a number of secure.yaml',
    files: { ...entry(), 'cwd/secure.yaml': 'clouds: {dev: {auth: {password: 00123}}}\n' }
  },
  {
    name: 'regions of secure.yaml replace the list',
    files: { ...entry('regions: [a, b]'), 'cwd/secure.yaml': 'clouds: {dev: {regions: [c]}}\n' }
  },
  // YAML 1.1, as PyYAML reads it.
  {
    name: 'merge keys',
    files: file(
      `defaults: &defaults\n  region_name: R\n  interface: internal\nclouds:\n  dev:\n    <<: *defaults\n    auth:\n      ${auth}\n`
    )
  },
  {
    name: 'merge keys in auth, what is beside them counts',
    files: file(
      `auth: &a {auth_url: http://k, username: u, password: p, user_domain_id: d, project_id: x}\nclouds:\n  dev:\n    auth:\n      <<: *a\n      username: mine\n`
    )
  },
  {
    name: 'a list of merge keys',
    files: file(
      `a: &a {region_name: A}\nb: &b {interface: admin}\nclouds:\n  dev:\n    <<: [*a, *b]\n    auth:\n      ${auth}\n`
    )
  },
  { name: 'a merge key that names no map', files: file('clouds:\n  dev:\n    <<: x\n    auth: {}\n') },
  { name: 'a password of 20 digits', files: only(`${minimal}\nproject_name: x\npassword: 12345678901234567890`) },
  { name: 'a password with leading zeros is octal', files: only(`${minimal}\nproject_name: x\npassword: 0012345`) },
  { name: 'a password with leading zeros and a 9', files: only(`${minimal}\nproject_name: x\npassword: 0012349`) },
  { name: 'a password with a colon is sexagesimal', files: only(`${minimal}\nproject_name: x\npassword: 12:34:56`) },
  {
    name: 'a password of hexadecimal digits',
    files: only(`${minimal}\nproject_name: x\npassword: 0xDEADBEEFCAFEBABE99`)
  },
  { name: 'a password of ones and zeros', files: only(`${minimal}\nproject_name: x\npassword: 0b1011`) },
  { name: 'a password with underscores', files: only(`${minimal}\nproject_name: x\npassword: 1_000_000`) },
  { name: 'a password that is a float', files: only(`${minimal}\nproject_name: x\npassword: 1.10`) },
  {
    name: 'a password that is a long float',
    files: only(`${minimal}\nproject_name: x\npassword: 12345678901234567.0`)
  },
  { name: 'a password with an exponent', files: only(`${minimal}\nproject_name: x\npassword: 1.5e+20`) },
  { name: 'a password that only looks like an exponent', files: only(`${minimal}\nproject_name: x\npassword: 12e5`) },
  { name: 'a password y', files: only(`${minimal}\nproject_name: x\npassword: y`) },
  {
    name: 'a password yes',
    files: only(`${minimal}\nproject_name: x\npassword: yes`),
    refused: 'clouds.dev.auth.password'
  },
  { name: 'a password off', files: only(`${minimal}\nproject_name: x\npassword: off`) },
  { name: 'a password that is a date', files: only(`${minimal}\nproject_name: x\npassword: 2026-01-01`) },
  {
    name: 'a project that is a date',
    files: only(`${minimal}\nproject_name: 2026-01-01\npassword: p`),
    refused: 'clouds.dev.auth.project_name'
  },
  {
    name: 'a project that is true',
    files: only(`${minimal}\nproject_name: true\npassword: p`),
    refused: 'clouds.dev.auth.project_name'
  },
  { name: 'a project that is a number', files: only(`${minimal}\nproject_name: 0777\npassword: p`) },
  {
    name: 'a project that is empty',
    files: only(`${minimal}\nproject_id:\nproject_name: x\npassword: p`),
    refused: 'clouds.dev.auth.project_id'
  },
  { name: 'quoted numbers and a tag', files: only(`${minimal}\nproject_name: "007"\npassword: !!str 0123`) },
  { name: 'an unknown tag', files: only(`${minimal}\nproject_name: x\npassword: !secret p`) },
  {
    name: 'the same key twice, the last counts',
    files: only(`${minimal}\nproject_name: x\npassword: first\npassword: last`)
  },
  { name: 'folded and literal text', files: only(`${minimal}\nproject_name: x\npassword: >-\n  two\n  words`) },
  { name: 'two documents', files: file(`${named('a')}---\n${named('b')}`) },
  {
    name: 'numbers of JSON',
    files: file(
      '{"clouds": {"dev": {"auth": {"auth_url": "http://k", "username": "u", "user_domain_id": "d", "project_id": 123456789012345678901, "password": 98765432109876543210}, "region_name": 7}}}',
      'cwd/clouds.json'
    )
  },
  {
    name: 'a float of JSON',
    files: file(
      '{"clouds": {"dev": {"auth": {"auth_url": "http://k", "username": "u", "user_domain_id": "d", "project_id": "x", "password": 1e22}}}}',
      'cwd/clouds.json'
    )
  },
  // Regions.
  { name: 'region_name', files: entry('region_name: R1') },
  { name: 'a region that is a number', files: entry('region_name: 0012') },
  { name: 'regions separated by commas', files: entry('region_name: R1,R2') },
  { name: 'a list in region_name', files: entry('region_name: [R1, R2]') },
  { name: 'regions, the first', files: entry('regions: [R1, R2]') },
  { name: 'regions before region_name', files: entry('region_name: R9\nregions: [R1]') },
  {
    name: 'regions with values',
    files: entry(
      "regions:\n  - name: R1\n    values:\n      auth: {auth_url: 'http://r1/v3'}\n      interface: internal\n      dns_endpoint_override: http://d1\n  - name: R2"
    )
  },
  {
    name: 'regions with a project of their own',
    files: entry('regions:\n  - {name: R1, values: {auth: {project_name: other}}}')
  },
  { name: 'regions with an unknown key', files: entry('regions: [{name: R1, value: {}}]') },
  { name: 'no regions', files: entry('regions: []') },
  { name: 'regions that are text', files: entry('regions: R1'), refused: 'clouds.dev.regions' },
  { name: 'an empty region', files: entry('region_name: ""') },
  { name: 'a region that is nothing', files: entry('region_name:') },
  { name: 'region-name', files: entry('region-name: R1') },
  // Interface.
  { name: 'interface', files: entry('interface: internal') },
  { name: 'endpoint_type', files: entry('endpoint_type: adminURL') },
  { name: 'endpoint_type beside interface', files: entry('interface: internal\nendpoint_type: admin') },
  { name: 'interface publicURL', files: entry('interface: publicURL') },
  { name: 'several interfaces', files: entry('interface: [internal, public]'), refused: 'clouds.dev.interface' },
  { name: 'an interface that is empty', files: entry('interface:') },
  {
    name: 'an interface of a service',
    files: entry('identity_interface: admin'),
    refused: 'clouds.dev.identity_interface'
  },
  {
    name: 'an interface of a service that is the same',
    files: entry('interface: internal\ncompute_interface: internal')
  },
  { name: 'an interface of a service that is none of ours', files: entry('object_store_interface: admin') },
  {
    name: 'a region of a service',
    files: entry('region_name: R1\ndns_region_name: R2'),
    refused: 'clouds.dev.dns_region_name'
  },
  // Services.
  {
    name: 'endpoints of services',
    files: entry(
      'compute_endpoint_override: http://n:1\nblock_storage_endpoint_override: http://c:1\nload_balancer_endpoint_override: http://o'
    )
  },
  {
    name: 'endpoints under old names',
    files: entry('volume_endpoint_override: http://v1\nvolumev3_endpoint_override: http://v3')
  },
  {
    name: 'endpoints under the shortest name',
    files: entry('network_endpoint: http://q\ndns_endpoint: http://d\ndns_endpoint_override: http://d2')
  },
  {
    name: 'an endpoint with a reference',
    files: entry("region_name: R1\nimage_endpoint_override: 'http://{region_name}.example'")
  },
  {
    name: 'an auth_url with a reference',
    files: only(
      "auth_url: 'http://{region_name}.example/v3'\nusername: u\npassword: 'a{b}c'\nuser_domain_id: d\nproject_id: x",
      'region_name: R1'
    )
  },
  { name: 'a reference to nothing', files: entry("image_endpoint_override: 'http://{nowhere}'") },
  { name: 'an endpoint that is empty', files: entry('dns_endpoint_override: ""') },
  {
    name: 'versions that we speak',
    files: entry(
      'identity_api_version: 3\ncompute_api_version: 2.1\nnetwork_api_version: "2.0"\nvolume_api_version: 3\ndns_api_version: 2\nimage_api_version: 2'
    )
  },
  {
    name: 'a version that we do not speak',
    files: entry('identity_api_version: 2.0'),
    refused: 'clouds.dev.identity_api_version'
  },
  { name: 'an old version of Cinder', files: entry('volume_api_version: 2'), refused: 'clouds.dev.volume_api_version' },
  { name: 'a version that is none', files: entry('compute_api_version: latest') },
  {
    name: 'a type of its own',
    files: entry('compute_service_type: compute_legacy'),
    refused: 'clouds.dev.compute_service_type'
  },
  {
    name: 'a service by its name',
    files: entry('dns_service_name: designate2'),
    refused: 'clouds.dev.dns_service_name'
  },
  {
    name: 'what is only for openstacksdk',
    files: entry(
      'api_timeout: 30\nimage_format: raw\nfloating_ip_source: neutron\ncompute_default_microversion: 2.79\nhas_network: true\ncompute_timeout: 9\nconnect_retries: 3'
    )
  },
  { name: 'a key that nobody knows', files: entry('regoin_name: R1'), refused: 'clouds.dev.regoin_name' },
  { name: 'a hook', files: entry('vendor_hook: "package.module:function"'), refused: 'clouds.dev.vendor_hook' },
  // TLS.
  { name: 'cacert', files: { ...entry('cacert: ~/ca.pem'), ...pem } },
  { name: 'cacert relative to the working directory', files: { ...entry('cacert: ../ca.pem'), ...pem } },
  { name: 'verify: false', files: entry('verify: false') },
  { name: 'verify: no', files: entry('verify: no') },
  { name: 'verify that is text', files: entry('verify: "false"') },
  { name: 'verify that is a path', files: { ...entry('verify: $DIR/ca.pem'), ...pem } },
  { name: 'verify that is empty', files: entry('verify:') },
  { name: 'insecure before cacert', files: { ...entry('insecure: true\ncacert: ~/ca.pem'), ...pem } },
  { name: 'insecure as text', files: entry('insecure: "True"') },
  { name: 'insecure yes as text is not true', files: entry('insecure: "yes"') },
  { name: 'insecure as a number', files: entry('insecure: 1') },
  { name: 'a client certificate', files: { ...entry('cert: $DIR/ca.pem'), ...pem }, refused: 'clouds.dev.cert' },
  // Authentication.
  { name: 'v3password', files: entry('auth_type: v3password') },
  { name: 'auth_plugin does not count', files: entry('auth_plugin: v3applicationcredential') },
  { name: 'auth-type does not count', files: entry('auth-type: v3applicationcredential') },
  {
    name: 'keys beside auth',
    files: file(
      'clouds:\n  dev:\n    auth_url: http://k\n    username: u\n    password: p\n    project_name: x\n    user_domain_name: D\n    project_domain_name: D\n'
    )
  },
  { name: 'a project beside auth before the one in it', files: entry('project_name: beside\nusername: beside') },
  { name: 'user_name', files: only('auth_url: http://k\nuser_name: u\npassword: p\nuser_domain_id: d\nproject_id: x') },
  { name: 'tenants', files: only('auth_url: http://k\nusername: u\npassword: p\nuser_domain_id: d\ntenant_id: old') },
  {
    name: 'tenant_name beside project_name',
    files: only(
      'auth_url: http://k\nusername: u\npassword: p\nuser_domain_id: d\nproject_domain_id: d\ntenant_name: old\nproject_name: new'
    )
  },
  {
    name: 'keys with -',
    files: only(
      'auth-url: http://k\nusername: u\npassword: p\nuser-domain-id: d\nproject-domain-name: D\nproject-name: x'
    )
  },
  {
    name: 'one domain for both',
    files: only('auth_url: http://k\nusername: u\npassword: p\nproject_name: x\ndomain_name: D')
  },
  {
    name: 'default domains',
    files: only(
      'auth_url: http://k\nusername: u\npassword: p\nproject_name: x\ndefault_domain_id: d\nuser_domain_name: D'
    )
  },
  {
    name: 'default domains with v3password',
    files: only(
      'auth_url: http://k\nusername: u\npassword: p\nproject_name: x\ndefault_domain_id: d',
      'auth_type: v3password'
    )
  },
  { name: 'ids', files: only('auth_url: http://k\nuser_id: uid\npassword: p\nproject_id: pid') },
  { name: 'ids beside names', files: entry('', 'user_id: uid\nproject_id: pid') },
  {
    name: 'no domain',
    files: only('auth_url: http://k\nusername: u\npassword: p\nproject_name: x'),
    refused: 'clouds.dev.auth.user_domain_name'
  },
  {
    name: 'no domain with v3password',
    files: only('auth_url: http://k\nusername: u\npassword: p\nproject_name: x', 'auth_type: v3password')
  },
  { name: 'no password', files: only(`${minimal}\nproject_name: x`) },
  { name: 'no project', files: only(`${minimal}\npassword: p`), refused: 'clouds.dev.auth.project_name' },
  { name: 'no auth_url', files: only('username: u\npassword: p\nproject_id: x\nuser_domain_id: d') },
  {
    name: 'the whole system',
    files: only(`${minimal}\npassword: p\nsystem_scope: all`),
    refused: 'clouds.dev.auth.system_scope'
  },
  {
    name: 'a domain',
    files: only('auth_url: http://k\nusername: u\npassword: p\nuser_domain_id: d\ndomain_id: d'),
    refused: 'clouds.dev.auth.domain_id'
  },
  { name: 'a trust', files: only(`${minimal}\npassword: p\ntrust_id: t`), refused: 'clouds.dev.auth.trust_id' },
  { name: 'an unknown key of auth', files: entry('', 'pasword: x') },
  { name: 'an application credential', files: only(credential, 'auth_type: v3applicationcredential') },
  { name: 'an application credential without its type', files: only(credential) },
  {
    name: 'an application credential by name',
    files: only(
      'auth_url: http://k\napplication_credential_name: n\napplication_credential_secret: s\nusername: u\nuser_domain_name: D',
      'auth_type: v3applicationcredential'
    )
  },
  {
    name: 'an application credential with a project',
    files: only(`${credential}\nproject_name: x\nproject_domain_id: d`, 'auth_type: v3applicationcredential'),
    refused: 'clouds.dev.auth.project_name'
  },
  {
    name: 'an application credential without a secret',
    files: only('auth_url: http://k\napplication_credential_id: a', 'auth_type: v3applicationcredential')
  },
  {
    name: 'a token',
    files: only('auth_url: http://k\ntoken: t\nproject_id: x', 'auth_type: v3token'),
    refused: 'clouds.dev.auth_type'
  },
  { name: 'no authentication', files: only('endpoint: http://k', 'auth_type: none') },
  { name: 'auth that is empty', files: file('clouds: {dev: {auth: }}') },
  { name: 'an entry that is empty', files: file('clouds: {dev: }') },
  // Profiles.
  {
    name: 'a profile of clouds-public.yaml',
    files: {
      ...only('username: u\npassword: p\nproject_id: x\nuser_domain_id: d', 'profile: ours'),
      'cwd/clouds-public.yaml':
        'public-clouds:\n  ours: {auth: {auth_url: http://ours/v3}, region_name: R1, interface: internal}\n'
    }
  },
  {
    name: 'an entry before its profile',
    files: {
      ...entry('profile: ours\nregion_name: R2'),
      'cwd/clouds-public.yaml':
        'public-clouds:\n  ours: {auth: {auth_url: http://ours/v3}, region_name: R1, interface: admin}\n'
    }
  },
  {
    name: 'regions of a profile',
    files: {
      ...entry('profile: ours'),
      '.config/openstack/clouds-public.yaml': 'public-clouds:\n  ours: {regions: [R1, R2]}\n'
    }
  },
  {
    name: 'a profile under its old name',
    files: { ...entry('cloud: ours'), 'cwd/clouds-public.yaml': 'public-clouds:\n  ours: {interface: internal}\n' }
  },
  { name: 'a profile that nobody knows', files: entry('profile: nowhere'), refused: 'clouds.dev.profile' },
  {
    name: "a profile of openstacksdk's own",
    files: only('username: u\npassword: p\nproject_id: x\nuser_domain_id: d', 'profile: catalyst'),
    refused: 'clouds.dev.profile'
  }
]
