import { isPyMap, type Py, type PyMap, pythonFloat } from './python-yaml.ts'

/** What openstacksdk would stumble over, or what only it understands: thrown, told as a problem of that key. */
export class CloudRefusal extends Error {
  override readonly name = 'CloudRefusal'
  readonly key: string
  readonly allowed: string
  constructor(key: string, problem: string, allowed: string) {
    super(problem)
    this.key = key
    this.allowed = allowed
  }
}

/** One entry as openstacksdk's `get_one` has it, before it looks at the options of its way of authentication. */
export interface MergedEntry {
  /** Keys with `_`, numbers as text. */
  readonly config: PyMap
  /** What was written in the entry, its profile and the values of its region: the keys that somebody meant. */
  readonly written: ReadonlySet<string>
}

// openstacksdk's defaults.py and defaults.json; of its own concerns only those that a later rule looks at.
const defaults = (): PyMap =>
  new Map<Py, Py>([
    ['verify', true],
    ['cacert', null],
    ['cert', null],
    ['key', null],
    ['auth_type', 'password'],
    ['interface', 'public'],
    ['network_api_version', '2']
  ])

/**
 * The steps of openstacksdk's `OpenStackConfig.get_one`, in its order: defaults, profile, entry, values of the region, old
 * names, one name for both domains, text for numbers, `{references}`.
 */
export function mergeEntry(entry: PyMap, profile: PyMap | null): MergedEntry {
  const layers = [...(profile === null ? [] : [profile]), entry]
  let config = defaults()
  for (const layer of layers) update(config, layer)
  if (!config.has('auth')) config.set('auth', new Map())
  config.delete('cloud')

  const region = regionOf(entry, profile)
  config.delete('regions')
  for (const [key, value] of region.values) if (value !== null) update(config, new Map([[key, value]]))
  config.set('region_name', region.name)

  const written = new Set(
    [...layers, region.values].flatMap((layer) => [...layer.keys()].map((key) => String(key).replaceAll('-', '_')))
  )
  config = withoutTimeouts(config)
  const authType = config.get('auth_type') ?? null
  config.delete('auth_plugin')
  config.delete('auth_type')
  config.set('auth_type', authType)
  oldAuthNames(config)
  config = new Map([...config].map(([key, value]) => [String(key).replace(/endpoint_type$/, 'interface'), value]))
  oneDomain(config)
  const insecure = config.get('insecure') ?? false
  if (typeof insecure !== 'boolean' && typeof insecure !== 'string')
    throw new CloudRefusal('insecure', `is ${shapeOf(insecure)}`, 'true or false')
  const auth = authOf(config)
  const authUrl = auth.get('auth_url')
  if (typeof authUrl === 'string') auth.set('auth_url', format(authUrl, config, 'auth.auth_url'))
  config = normalise(config, '')
  for (const [key, value] of config)
    if (typeof value === 'string' && key !== 'password' && key !== 'auth_url')
      config.set(key, authOptions.has(key as string) ? value : format(value, config, String(key)))
  return { config, written }
}

/** The name of the profile that an entry is built upon, and the key that says it; null where it has none. */
export function profileOf(entry: PyMap): { readonly key: string; readonly name: string } | null {
  // `cloud` is an old word for it.
  const key = entry.has('profile') ? 'profile' : 'cloud'
  const said = entry.get(key)
  if (said === undefined || said === null || said === '' || said === false) return null
  if (typeof said === 'string') return { key, name: said }
  throw new CloudRefusal(key, `is ${shapeOf(said)}`, 'a name under public-clouds in clouds-public.yaml')
}

/** The `auth` mapping of a merged entry. */
export const authOf = (config: PyMap): PyMap => config.get('auth') as PyMap

/** Like Python's update, but for `auth`, which is merged. */
function update(config: PyMap, layer: PyMap): void {
  for (const [key, value] of layer) {
    if (key !== 'auth') {
      config.set(key, value)
      continue
    }
    if (!isPyMap(value)) throw new CloudRefusal('auth', 'is not a mapping', 'auth_url, username, password, …')
    config.set('auth', new Map([...((config.get('auth') as PyMap | undefined) ?? []), ...value]))
  }
}

/** The first region, as `get_one` without a region takes it. */
function regionOf(entry: PyMap, profile: PyMap | null): { name: Py; values: PyMap } {
  const named = normalise(entry, '')
  if (named.has('regions')) return expandRegions(named.get('regions')!)
  if (named.has('region_name')) {
    const said = named.get('region_name')!
    if (Array.isArray(said)) return expandRegions(said)
    if (typeof said === 'string') return { name: said.split(',')[0]!, values: new Map() }
    throw new CloudRefusal('region_name', `is ${shapeOf(said)}`, 'the name of a region as text, or no such key')
  }
  if (profile === null) return { name: '', values: new Map() }
  const regions = profile.get('regions')
  if (Array.isArray(regions) && regions.length > 0) return expandRegions(regions)
  const one = profile.get('region_name')
  return { name: one === undefined || one === null ? '' : one, values: new Map() }
}

function expandRegions(regions: Py): { name: Py; values: PyMap } {
  const allowed = 'a list of names, or of { name, values }'
  if (!Array.isArray(regions)) throw new CloudRefusal('regions', `is ${shapeOf(regions)}`, allowed)
  const all = regions.map((region, i) => {
    const at = `regions[${i}]`
    if (!isPyMap(region)) {
      if (typeof region === 'string' || typeof region === 'bigint') return { name: region, values: new Map() as PyMap }
      throw new CloudRefusal(at, `is ${shapeOf(region)}`, allowed)
    }
    for (const key of region.keys())
      if (key !== 'name' && key !== 'values')
        throw new CloudRefusal(`${at}.${String(key)}`, 'is not known here', allowed)
    const values = region.get('values') ?? new Map()
    const name = region.get('name')
    if (typeof name !== 'string' && typeof name !== 'bigint')
      throw new CloudRefusal(`${at}.name`, name === undefined ? 'is missing' : `is ${shapeOf(name)}`, 'a name as text')
    if (!isPyMap(values)) throw new CloudRefusal(`${at}.values`, `is ${shapeOf(values)}`, 'a mapping')
    return { name, values }
  })
  return all[0] ?? { name: '', values: new Map() }
}

/** Time-outs of single services are one for all to openstacksdk; none of them is ours. */
const withoutTimeouts = (config: PyMap): PyMap =>
  new Map([...config].filter(([key]) => !String(key).endsWith('timeout') || key === 'timeout' || key === 'api_timeout'))

// Target ← names; the last one that is there counts, and one beside `auth` more than the same one in it.
const OLD_NAMES: readonly (readonly [string, readonly string[]])[] = [
  ['domain_id', ['domain_id', 'domain-id']],
  ['domain_name', ['domain_name', 'domain-name']],
  ['user_domain_id', ['user_domain_id', 'user-domain-id']],
  ['user_domain_name', ['user_domain_name', 'user-domain-name']],
  ['project_domain_id', ['project_domain_id', 'project-domain-id']],
  ['project_domain_name', ['project_domain_name', 'project-domain-name']],
  ['token', ['auth-token', 'auth_token', 'token']],
  ['passcode', ['passcode']],
  ['project_id', ['tenant_id', 'tenant-id', 'project_id', 'project-id']],
  ['project_name', ['tenant_name', 'tenant-name', 'project_name', 'project-name']]
]

function oldAuthNames(config: PyMap): void {
  const auth = authOf(config)
  for (const [target, names] of OLD_NAMES) {
    let said: string | null = null
    for (const name of names)
      for (const [where, at] of [
        [auth, `auth.${name}`],
        [config, name]
      ] as const) {
        if (where.has(name)) said = word(where.get(name)!, at)
        where.delete(name)
      }
    if (said) auth.set(target, said)
  }
}

/** Python's `str()`, for what somebody can have meant by it. */
function word(value: Py, at: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return pythonFloat(value)
  throw new CloudRefusal(at, `is ${shapeOf(value)}`, value === null ? 'text, or no such key' : 'text: quote it')
}

/** `domain_id` and `domain_name` stand for the user's and the project's where there is a project. */
function oneDomain(config: PyMap): void {
  const auth = authOf(config)
  const scoped = ['project_id', 'project_name'].some((key) => config.has(key) || auth.has(key))
  for (const kind of ['id', 'name']) {
    const key = `domain_${kind}`
    if (!scoped) continue
    for (const one of [`user_${key}`, `project_${key}`])
      if (auth.has(key) && !auth.has(one)) auth.set(one, auth.get(key)!)
    config.delete(key)
    auth.delete(key)
  }
}

/** `-` in keys is `_`, and numbers are text, as deep as mappings go. */
function normalise(config: PyMap, path: string): PyMap {
  const result: PyMap = new Map()
  for (const [key, value] of config) {
    if (typeof key !== 'string')
      throw new CloudRefusal(`${path}${String(key)}`, `the key is ${shapeOf(key)}`, 'a key as text: quote it')
    const name = key.replaceAll('-', '_')
    if (isPyMap(value)) result.set(name, normalise(value, `${path}${key}.`))
    else if (typeof value === 'bigint') result.set(name, String(value))
    else if (typeof value === 'number') result.set(name, pythonFloat(value))
    else result.set(name, value)
  }
  return result
}

// These go to `auth` before openstacksdk looks for references.
const authOptions = new Set(['username', 'user_name', 'user_id', 'trust_id', 'system_scope', 'default_domain_id'])
for (const one of ['default_domain_name', 'application_credential_id', 'application_credential_name'])
  authOptions.add(one)
authOptions.add('application_credential_secret')

/** Python's `str.format` for `{key}` and `{auth[key]}`; `{{` is a brace. */
function format(text: string, config: PyMap, at: string): string {
  return text.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (found, name: string | undefined) => {
    if (found === '{{') return '{'
    if (found === '}}') return '}'
    const [, key, inner] = /^(\w+)(?:\[(\w+)\])?$/.exec(name ?? '') ?? []
    const outer = key === undefined ? undefined : config.get(key)
    const value = inner === undefined ? outer : isPyMap(outer) ? outer.get(inner) : undefined
    if (typeof value === 'string' || typeof value === 'bigint') return String(value)
    throw new CloudRefusal(at, `${found} stands for nothing`, 'a key of this entry in braces; {{ and }} for braces')
  })
}

/** What a value is, in words, and never the value: it may be a password. */
export function shapeOf(value: Py): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (isPyMap(value)) return 'a mapping'
  if (typeof value === 'boolean') return `${value} (so YAML 1.1 reads ${value ? 'yes, on' : 'no, off'} and the like)`
  if (typeof value === 'object') return 'a date (so YAML 1.1 reads it)'
  return typeof value === 'string' ? 'text' : 'a number'
}
