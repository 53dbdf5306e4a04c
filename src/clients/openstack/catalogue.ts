import type { CloudEntry } from './cloud-entry.ts'

/** Service types, as openstacksdk calls them. */
export type ServiceType =
  | 'identity'
  | 'compute'
  | 'network'
  | 'dns'
  | 'image'
  | 'block-storage'
  | 'load-balancer'
  | 'placement'

/** One endpoint of Keystone's catalogue. */
export interface Endpoint {
  readonly service: string
  readonly interface: string
  readonly region: string | null
  readonly url: string
}

// Names that catalogues use for one service, the official one first (os-service-types data).
const ALIASES: Record<ServiceType, readonly string[]> = {
  identity: ['identity'],
  compute: ['compute'],
  network: ['network'],
  dns: ['dns'],
  image: ['image'],
  'block-storage': ['block-storage', 'volumev3', 'volume', 'block-store'],
  'load-balancer': ['load-balancer'],
  placement: ['placement']
}

// The API version that our clients speak; catalogues give the URL with it, with an older one, or bare. Placement has none.
const VERSION: Record<ServiceType, string | null> = {
  identity: 'v3',
  compute: 'v2.1',
  network: 'v2.0',
  dns: 'v2',
  image: 'v2',
  'block-storage': 'v3',
  'load-balancer': 'v2',
  placement: null
}

/** The type that goes into `OpenStack-API-Version`: cinder says `volume`, whatever its catalogue type is. */
export function microversionType(service: ServiceType): string {
  return service === 'block-storage' ? 'volume' : service
}

/** The endpoint of a service with its API version, without a slash at the end; null when the catalogue has none. */
export function endpointUrl(
  entry: CloudEntry,
  catalogue: readonly Endpoint[],
  service: ServiceType,
  projectId: string
): string | null {
  const found = override(entry, service) ?? find(entry, catalogue, service)?.url
  if (found === undefined) return null
  const bare = found
    .replace(/\/+$/, '')
    .replace(new RegExp(`/(AUTH_)?${projectId.replace(/[^\w-]/g, '')}$`), '')
    .replace(/\/v\d+(\.\d+)?$/, '')
  const project = service === 'block-storage' ? `/${projectId}` : ''
  const version = VERSION[service]
  return version === null ? bare : `${bare}/${version}${project}`
}

/** What the catalogue offers instead, for the message of a failed look-up. */
export function offers(catalogue: readonly Endpoint[], service: ServiceType): string {
  const mine = catalogue.filter((endpoint) => ALIASES[service].includes(endpoint.service))
  if (mine.length > 0) return mine.map((endpoint) => `${endpoint.interface} in ${endpoint.region}`).join(', ')
  return `only ${[...new Set(catalogue.map((endpoint) => endpoint.service))].join(', ') || 'nothing'}`
}

/** The region that this entry works in: its own, else the only one of the catalogue. */
export function regionOf(entry: CloudEntry, catalogue: readonly Endpoint[]): string | null {
  return (
    entry.regionName ??
    regionsOf(entry, catalogue)[0] ??
    catalogue.find(({ region }) => region !== null)?.region ??
    null
  )
}

/**
 * Why nothing may be read through this entry: it names no region, and the services that we call are in several, so that the
 * servers of one would be read with the networks of another. null: its region is clear.
 */
export function undecidedRegion(entry: CloudEntry, catalogue: readonly Endpoint[]): string | null {
  if (entry.regionName !== null) return null
  const regions = regionsOf(entry, catalogue)
  if (regions.length < 2) return null
  return `the catalogue has ${regions.length} regions (${regions.join(', ')}) and the entry '${entry.name}' names none: set region_name in clouds.yaml (or OS_REGION_NAME) to one of them`
}

/**
 * Regions of the endpoints that this entry could use, in order. Keystone's own does not count: one for all regions is often
 * listed in one of its own, or in each. Nor does a service whose URL the entry says itself.
 */
function regionsOf(entry: CloudEntry, catalogue: readonly Endpoint[]): string[] {
  const services = (Object.keys(ALIASES) as ServiceType[]).filter(
    (service) => service !== 'identity' && override(entry, service) === undefined
  )
  const types = services.flatMap((service) => ALIASES[service])
  const usable = catalogue.filter(
    (one) => types.includes(one.service) && one.interface === entry.interface && one.url !== ''
  )
  return [...new Set(usable.flatMap(({ region }) => region ?? []))].sort()
}

function override(entry: CloudEntry, service: ServiceType): string | undefined {
  for (const alias of ALIASES[service])
    if (entry.endpointOverrides[alias] !== undefined) return entry.endpointOverrides[alias]
  return undefined
}

function find(entry: CloudEntry, catalogue: readonly Endpoint[], service: ServiceType): Endpoint | undefined {
  for (const alias of ALIASES[service]) {
    const match = catalogue.find(
      (endpoint) =>
        endpoint.service === alias &&
        endpoint.url !== '' &&
        endpoint.interface === entry.interface &&
        (entry.regionName === null || endpoint.region === entry.regionName)
    )
    if (match) return match
  }
  return undefined
}
