import { nearest } from '../../base/nearest.ts'
import { CloudRefusal, shapeOf } from './cloud-merge.ts'
import type { Py, PyMap } from './python-yaml.ts'

/** How one service is called: an entry's keys for it begin with any of these, the first that is set counts. */
export interface ServiceKeys {
  readonly service: string
  readonly prefixes: readonly string[]
  /** The API that our clients speak. */
  readonly major: number
}

// As os-service-types has them.
const SERVICES: readonly ServiceKeys[] = [
  { service: 'identity', prefixes: ['identity'], major: 3 },
  { service: 'compute', prefixes: ['compute'], major: 2 },
  { service: 'network', prefixes: ['network'], major: 2 },
  { service: 'dns', prefixes: ['dns'], major: 2 },
  { service: 'image', prefixes: ['image'], major: 2 },
  {
    service: 'block-storage',
    prefixes: ['block_storage', 'volumev3', 'volumev2', 'volume', 'block_store'],
    major: 3
  },
  { service: 'load-balancer', prefixes: ['load_balancer'], major: 2 },
  { service: 'placement', prefixes: ['placement'], major: 1 }
]

const READ = ['auth', 'auth_type', 'profile', 'region_name', 'regions', 'interface', 'cacert', 'verify', 'insecure']
const OLD = ['cloud', 'auth_plugin', 'endpoint_type']

// openstacksdk's own ways of waiting, retrying, caching, measuring, booting servers and choosing addresses: nothing that we call
// is another thing for them.
const ASIDE = new Set(
  `api_timeout timeout timing floating_ip_source secgroup_source image_format image_api_use_tasks message status description
  disable_vendor_agent networks external_network internal_network use_external_network use_internal_network
  default_network default_interface nat_source nat_destination requires_floating_ip force_ipv4 prefer_ipv6 private metrics
  cache connect_retries connect_retry_delay status_code_retries status_code_retry_delay retriable_status_codes rate_limit
  min_version max_version verbose_level debug log_file log_level`.split(/\s+/)
)
const ASIDE_ENDS =
  /_(timeout|default_microversion|connect_retries|connect_retry_delay|status_code_retries|status_code_retry_delay|retriable_status_codes|rate_limit|concurrency)$/
const OF_A_SERVICE =
  /_(endpoint_override|endpoint|interface|endpoint_type|region_name|api_version|service_type|service_name)$/

const REFUSED: Readonly<Record<string, string>> = {
  cert: 'client certificates are not supported',
  key: 'client certificates are not supported',
  vendor_hook: 'runs Python, which changes what the entry means'
}

/** Refuses each key that openstacksdk might understand and we do not, and each that nobody does. */
export function refuseUnknownKeys(
  written: ReadonlySet<string>,
  config: PyMap,
  authOptions: readonly string[]
): CloudRefusal[] {
  const known = [...READ, ...OLD, ...authOptions, 'tenant_id', 'tenant_name', 'domain_id', 'domain_name']
  return [...written].flatMap((key) => {
    const set = config.get(key) !== null && config.get(key) !== ''
    if (REFUSED[key] !== undefined && set) return [new CloudRefusal(key, REFUSED[key], 'no such key')]
    if (REFUSED[key] !== undefined || known.includes(key) || ASIDE.has(key) || key.startsWith('has_')) return []
    if (ASIDE_ENDS.test(key) || OF_A_SERVICE.test(key)) return []
    const meant = nearest(key, known)
    const problem = meant === null ? 'is not known' : `is not known, did you mean '${meant}'?`
    return [new CloudRefusal(key, problem, `${READ.join(', ')}, and keys for a service such as dns_endpoint_override`)]
  })
}

/** What an entry says of single services, as URLs; what it says otherwise than for all of them is refused. */
export function serviceKeys(config: PyMap): { overrides: Record<string, string>; problems: CloudRefusal[] } {
  const overrides: Record<string, string> = {}
  const problems: CloudRefusal[] = []
  const wrong = (key: string, problem: string, allowed: string) =>
    problems.push(new CloudRefusal(key, problem, allowed))
  for (const { service, prefixes, major } of SERVICES) {
    const find = (end: string): readonly [string, Py] | null => {
      for (const key of prefixes.map((prefix) => `${prefix}_${end}`)) {
        const value = config.get(key)
        if (value !== undefined && value !== null) return [key, value]
      }
      return null
    }
    const override = [find('endpoint_override'), find('endpoint')].find((one) => one !== null && one[1] !== '')
    if (override) {
      const [key, value] = override
      if (typeof value === 'string' && /^https?:\/\/[^/]/.test(value)) overrides[service] = value
      else
        wrong(
          key,
          `is ${typeof value === 'string' ? JSON.stringify(value) : shapeOf(value)}`,
          'an http:// or https:// URL'
        )
    }
    for (const end of ['interface', 'region_name']) {
      const own = find(end)
      if (own !== null && faceOf(own[1]) !== faceOf(config.get(end) ?? ''))
        wrong(
          own[0],
          `differs from ${end}: ${service} cannot have one of its own`,
          `the same as ${end}, or no such key`
        )
    }
    const version = find('api_version')
    // What is no number means nothing to openstacksdk either.
    if (version !== null && /^\d+(\.\d*)?$/.test(String(version[1])) && Math.floor(Number(version[1])) !== major)
      wrong(version[0], `is ${version[1]}`, `${major}: that is what we speak with ${service}`)
    const type = find('service_type')
    if (type !== null && !prefixes.includes(String(type[1]).replaceAll('-', '_')))
      wrong(type[0], `is ${shapeOf(type[1])} of another service`, `${service}, or no such key`)
    const named = find('service_name')
    if (named !== null) wrong(named[0], 'services are found by their type only', 'no such key')
  }
  return { overrides, problems }
}

/** `adminURL` is `admin`, as keystoneauth strips it. */
export const faceOf = (value: Py): Py =>
  typeof value === 'string'
    ? value.replace(/[URL]+$/, '')
    : Array.isArray(value) && value.length === 1
      ? faceOf(value[0]!)
      : value
