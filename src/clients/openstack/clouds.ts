import { ALL_OPTIONS, readAuth } from './cloud-auth.ts'
import type { CloudEntry } from './cloud-entry.ts'
import { type BadFile, candidates, type Env, merge, readFirst, watchedFor } from './cloud-files.ts'
import { faceOf, refuseUnknownKeys, serviceKeys } from './cloud-keys.ts'
import { CloudRefusal, mergeEntry, profileOf, shapeOf } from './cloud-merge.ts'
import { readTls } from './cloud-tls.ts'
import { isPyMap, type Py, type PyMap, toPython } from './python-yaml.ts'

/** One thing wrong with the configuration of a cloud: where, what, and what is allowed. */
export interface CloudProblem {
  /** Path of the file, or `environment`. */
  readonly file: string
  /** Path inside the file such as `clouds.dev.auth.password`, or the variable's name. */
  readonly key: string
  readonly problem: string
  readonly allowed: string
}

/** Either the entry or everything that is wrong with it, so that a caller can show all problems at once. */
export type LoadedCloud =
  | { readonly ok: true; readonly cloud: CloudEntry }
  | { readonly ok: false; readonly problems: readonly CloudProblem[] }

/** One sentence for a problem, for logs and the command line. */
export function problemText(problem: CloudProblem): string {
  return `${problem.file}: ${problem.key}: ${problem.problem}; allowed: ${problem.allowed}`
}

/**
 * Reads a cloud as openstacksdk's `get_one(name)` does, or says of each key that we understand otherwise that it is not supported:
 * the file of `OS_CLIENT_CONFIG_FILE`, else clouds.yaml/.yml/.json in the current directory, the user's and the system's
 * folders; secure.yaml over it; profiles from clouds-public.yaml; without a name `OS_CLOUD`, else the `OS_*` variables (the
 * cloud `envvars`, or what `OS_CLOUD_NAME` says), else the only one.
 */
export function loadCloud(
  name: string | undefined,
  env: Env,
  options: { cwd?: string; seen?: (path: string) => void } = {}
): LoadedCloud {
  const cwd = options.cwd ?? process.cwd()
  const { seen = () => {} } = options
  for (const path of watchedFor(cwd, env)) seen(path)
  const variables = fromEnvironment(env)
  const envName = env.OS_CLOUD_NAME ?? 'envvars'
  const asked = name ?? (env.OS_CLOUD || (variables === null ? undefined : envName))
  let found = readFirst(cwd, env, 'clouds', env.OS_CLIENT_CONFIG_FILE)
  let secure = readFirst(cwd, env, 'secure', env.OS_CLIENT_SECURE_FILE)
  const broken = [found, secure].find((one) => !one.ok)
  if (broken?.ok === false && (variables === null || asked !== envName)) return badFile(broken)
  // The cloud of the variables needs no file, and openstacksdk passes over a broken one.
  const none = { ok: true, file: null, tree: new Map() } as const
  if (!found.ok) found = none
  if (!secure.ok) secure = none
  const file = found.file ?? secure.file ?? env.OS_CLIENT_CONFIG_FILE ?? 'clouds.yaml'

  let whole: PyMap
  try {
    whole = merge(found.tree, secure.tree)
  } catch (error) {
    return fail(secure.file!, (error as Error).message, `is a mapping here, and none in ${file}`, 'mappings in both')
  }
  const inFile = whole.get('clouds') ?? new Map()
  if (!isPyMap(inFile)) return fail(file, 'clouds', `is ${shapeOf(inFile)}`, 'a mapping of clouds by name')

  if (inFile.has(envName))
    return fail(file, `clouds.${envName}`, 'is the name of the cloud that OS_* variables make', 'another name')
  const clouds: PyMap = new Map(inFile)
  if (variables !== null) clouds.set(envName, variables)

  const names = [...clouds.keys()].map(String)
  const wanted = asked ?? (names.length === 1 ? names[0] : undefined)
  if (wanted === undefined) {
    if (found.file === null) return noFile(file, cwd, env)
    return fail(file, 'clouds', 'no cloud was named', `OS_CLOUD set to one of ${names.join(', ')}`)
  }
  const entry = clouds.get(wanted)
  if (entry === undefined) {
    if (found.file === null && secure.file === null) return noFile(file, cwd, env)
    const other = names.includes(wanted) ? `; the one in the file is ${shapeOf(keyLike(clouds, wanted))}: quote it` : ''
    return fail(
      file,
      `clouds.${wanted}`,
      `no cloud has this name${other}`,
      names.join(', ') || 'the file holds no clouds'
    )
  }
  const place = wanted === envName ? 'environment' : file
  return readEntry(wanted, entry, place, {
    env,
    cwd,
    seen,
    profile: (said) => (said.name === envName ? null : vendor(said, cwd, env))
  })
}

/** Checks one entry of the shape of clouds.yaml; `file` is only for messages. */
export function parseCloud(name: string, raw: unknown, file: string): LoadedCloud {
  const profile = ({ key }: Profile) => {
    throw new CloudRefusal(key, 'there are no profiles here', 'auth.auth_url and region_name written out')
  }
  return readEntry(name, toPython(raw), file, { env: process.env, cwd: process.cwd(), profile })
}

interface Surroundings {
  readonly env: Env
  readonly cwd: string
  readonly seen?: (path: string) => void
  /** The profile of that name; null: there is none to expand. */
  readonly profile: (said: Profile) => PyMap | null
}

type Profile = NonNullable<ReturnType<typeof profileOf>>

function readEntry(name: string, entry: Py, file: string, { env, cwd, profile, seen }: Surroundings): LoadedCloud {
  const environment = file === 'environment'
  const problems: CloudProblem[] = []
  const tell = ({ key, message, allowed }: CloudRefusal) => {
    const at = environment ? `OS_${key.replace(/^auth\./, '').toUpperCase()}` : `clouds.${name}.${key}`
    if (!problems.some((known) => known.key === at)) problems.push({ file, key: at, problem: message, allowed })
  }
  const problem = (key: string, what: string, allowed: string) => tell(new CloudRefusal(key, what, allowed))

  if (!isPyMap(entry)) return fail(file, `clouds.${name}`, 'is not a mapping', 'auth, region_name, …')
  let merged: ReturnType<typeof mergeEntry>
  try {
    const said = profileOf(entry)
    merged = mergeEntry(entry, said === null ? null : profile(said))
  } catch (error) {
    if (!(error instanceof CloudRefusal)) throw error
    tell(error)
    return { ok: false, problems }
  }
  const { config, written } = merged

  const auth = readAuth(config, problem)
  for (const refusal of refuseUnknownKeys(environment ? known(written) : written, config, ALL_OPTIONS)) tell(refusal)
  const { overrides, problems: ofServices } = serviceKeys(config)
  for (const refusal of ofServices) tell(refusal)

  const face = faceOf(config.get('interface') || 'public')
  if (face !== 'public' && face !== 'internal' && face !== 'admin')
    problem(
      'interface',
      `is ${typeof face === 'string' ? JSON.stringify(face) : shapeOf(face)}`,
      'public, internal, admin'
    )
  const region = config.get('region_name') ?? ''
  if (typeof region !== 'string') problem('region_name', `is ${shapeOf(region)}`, 'a name as text')
  const { verify, cacert } = readTls(config, env, cwd, problem, seen)

  if (problems.length > 0 || auth === null) return { ok: false, problems }
  // Whom a token is for is in the credential: openstacksdk then takes Keystone to be where it was asked.
  if (auth.parsed.type === 'applicationCredential') overrides.identity ??= auth.url
  return {
    ok: true,
    cloud: {
      name,
      authUrl: auth.url,
      auth: auth.parsed,
      regionName: region === '' ? null : (region as string),
      interface: face as CloudEntry['interface'],
      cacert,
      verify,
      endpointOverrides: overrides
    }
  }
}

/** A profile of clouds-public.yaml; those that come with openstacksdk, or from an address, are its own. */
function vendor({ key, name }: Profile, cwd: string, env: Env): PyMap {
  const found = readFirst(cwd, env, 'clouds-public')
  if (!found.ok) throw new CloudRefusal(key, `${found.file} ${found.problem}`, found.allowed)
  const all = found.tree.get('public-clouds')
  const profile = isPyMap(all) ? all.get(name) : undefined
  if (isPyMap(profile)) return profile
  const where = found.file ?? 'any clouds-public.yaml'
  const problem = `is ${JSON.stringify(name)}, a profile that is not in ${where}; those of openstacksdk itself are not here`
  throw new CloudRefusal(key, problem, 'auth.auth_url and region_name written out, or a profile of such a file')
}

const SELECTORS = ['OS_CLOUD', 'OS_REGION_NAME', 'OS_CLIENT_CONFIG_FILE', 'OS_CLIENT_SECURE_FILE', 'OS_CLOUD_NAME']

/** The cloud that `OS_*` variables make; null where they only say which one is meant. */
function fromEnvironment(env: Env): PyMap | null {
  const ours = Object.entries(env).filter(
    ([key, value]) => value !== undefined && /^OS_(?!TEST|STD|LOG)/.test(key)
  ) as [string, string][]
  if (ours.every(([key]) => SELECTORS.includes(key))) return null
  return new Map(ours.map(([key, value]) => [key.slice(3).toLowerCase(), value]))
}

/** Whatever else is in the environment is there for other programs; openstacksdk takes no notice of it either. */
const known = (written: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...written].filter((key) => key === 'cert' || key === 'key'))

const keyLike = (clouds: PyMap, name: string): Py => [...clouds.keys()].find((key) => String(key) === name)!

function noFile(file: string, cwd: string, env: Env) {
  const allowed = `one of ${candidates(cwd, env, 'clouds').join(', ')}, or OS_AUTH_URL`
  return fail(file, 'clouds', 'no such file', allowed)
}

const badFile = ({ file, problem, allowed }: BadFile) => fail(file, 'clouds', problem, allowed)

function fail(file: string, key: string, problem: string, allowed: string) {
  return { ok: false as const, problems: [{ file, key, problem, allowed }] }
}
