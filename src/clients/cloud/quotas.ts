import type { QuotaCell, QuotaService } from '../../core/quota.ts'
import { cinderQuotas, volumeTypes } from '../cinder/quotas.ts'
import { neutronQuotas } from '../neutron/quotas.ts'
import { novaQuotas } from '../nova/quotas.ts'
import { octaviaQuotas } from '../octavia/quotas.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import type { Cells, QuotaRead, ServiceQuotas } from '../openstack/quota-service.ts'
import { whatIsWrong } from '../openstack/quota-set.ts'
import { capacity } from './capacity.ts'

/** Limits and usage of the projects of one cloud, as an administrator of its quotas. */
export interface Quotas {
  /**
   * Every resource of the project that the service has a limit for, complete or an error. Octavia tells no usage: it is
   * counted. Nova counts a server once its conductor made it, moments after the 202. With unified limits its limits are
   * Keystone's, under Nova's own names. What `told` calls unknown is left out.
   */
  read(service: QuotaService, projectId: string, call?: CallOptions): Promise<Readonly<Record<string, QuotaCell>>>
  /** The same, with the resources of which the service says what cannot be (`in_use is -15`): nobody may reckon with those. */
  told(service: QuotaService, projectId: string, call?: CallOptions): Promise<QuotaRead>
  /**
   * Sets these limits and reads back what holds then. Where Nova answers 200 and changes nothing, the limits are
   * Keystone's: they are written there, and from then on at once. Refused where the service looks at usage: the
   * OpenStackError of the service. Never forces. Services take any project id, so let Keystone say first that it exists.
   */
  write(
    service: QuotaService,
    projectId: string,
    limits: Readonly<Record<string, number>>,
    call?: CallOptions
  ): Promise<QuotaWritten>
  /** What the cloud itself can bear of a resource, over all projects; null where it has no such figure. */
  capacity(resource: string, call?: CallOptions): Promise<number | null>
  /** Volume type id → name, private ones as well: events name the id, the keys of quotas the name. */
  volumeTypes(call?: CallOptions): Promise<ReadonlyMap<string, string>>
  /** What was found out about a service so far; asked and detected, never guessed from a version. */
  capabilities(): Readonly<Record<QuotaService, QuotaCapabilities>>
}

/** The result of setting one limit. */
export interface QuotaWritten {
  readonly after: Readonly<Record<string, QuotaCell>>
  /** The service's own id of the changing call; null where there was nothing to change. */
  readonly requestId: string | null
}

/** How one service keeps its limits, and whether it refuses one below usage. */
export interface QuotaCapabilities {
  /** Where the limits are kept: the service's own table, or Keystone's unified limits; null: not known yet. */
  readonly kept: 'service' | 'keystone' | null
  /** Whether a limit below usage is refused by the service; null: not known yet, so look before and after. */
  readonly refusesBelowUsage: boolean | null
}

/** Makes the client of all quotas of one cloud. */
export function createQuotas(cloud: Cloud): Quotas {
  const services: Record<QuotaService, ServiceQuotas> = {
    nova: novaQuotas(cloud),
    cinder: cinderQuotas(cloud),
    neutron: neutronQuotas(cloud),
    octavia: octaviaQuotas(cloud)
  }
  const nothing: QuotaCapabilities = { kept: null, refusesBelowUsage: null }
  const found = { nova: nothing, cinder: nothing, neutron: nothing, octavia: nothing }
  const learn = (service: QuotaService, fact: Partial<QuotaCapabilities>) => {
    found[service] = { ...found[service], ...fact }
  }

  const told: Quotas['told'] = async (service, projectId, call) => sane(await services[service].read(projectId, call))

  return {
    told,
    read: async (service, projectId, call) => (await told(service, projectId, call)).cells,
    write: async (service, projectId, limits, call) => {
      const { write } = services[service]
      const read = async () => (await told(service, projectId, call)).cells
      const { cells: before, unknown } = await told(service, projectId, call)
      knownOnly(cloud, service, limits, { cells: before, unknown })
      const changes = Object.entries(limits).filter(([name, limit]) => before[name]?.limit !== limit)
      if (changes.length === 0) return { after: before, requestId: null }
      const below = changes.filter(([name, limit]) => limit !== -1 && limit < (before[name]?.used ?? 0))
      try {
        const written = await write(projectId, Object.fromEntries(changes), before, call)
        const after = await readBack(read)
        const took = ([name, limit]: [string, number]) => after[name]?.limit === limit
        if (written.kept !== null || changes.some(took)) learn(service, { kept: written.kept ?? 'service' })
        if (below.some((one) => took(one) && one[1] < (after[one[0]]?.used ?? 0)))
          learn(service, { refusesBelowUsage: false })
        return { after, requestId: written.requestId }
      } catch (error) {
        const looked = error instanceof OpenStackError && error.status === 400 && error.method === 'PUT'
        if (looked && below.length > 0) learn(service, { refusesBelowUsage: true })
        throw error
      }
    },
    capacity: async (resource, call) => {
      const found = await capacity(cloud, resource, call)
      // Less than nothing is no figure either: everybody would have to give.
      return found !== null && Number.isFinite(found) && found >= 0 ? found : null
    },
    volumeTypes: (call) => volumeTypes(cloud, call),
    capabilities: () => ({ ...found })
  }
}

/** Wherever a limit came from, its own table or Keystone: below -1 there is none. */
function sane({ cells, unknown }: QuotaRead): QuotaRead {
  const wrong = Object.entries(cells).flatMap(([name, { limit, used }]) => {
    const sentence = whatIsWrong('limit', limit, -1) ?? whatIsWrong('usage', used, 0)
    return sentence === null ? [] : [[name, sentence] as const]
  })
  if (wrong.length === 0) return { cells, unknown }
  const names = new Set(wrong.map(([name]) => name))
  return {
    cells: Object.fromEntries(Object.entries(cells).filter(([name]) => !names.has(name))),
    unknown: { ...unknown, ...Object.fromEntries(wrong) }
  }
}

/** The key of a volume type goes with its name: who still says the old one is told what there is, which no service does. */
function knownOnly(cloud: Cloud, service: QuotaService, limits: object, { cells, unknown }: QuotaRead): void {
  const facts = { cloud: cloud.name, service, method: 'PUT', path: 'quota', retryable: false }
  const absurd = Object.keys(limits).find((name) => Object.hasOwn(unknown, name))
  if (absurd !== undefined)
    throw new OpenStackError(`${service} says of ${absurd} that ${unknown[absurd]}: nothing is set while it does`, {
      ...facts,
      code: 'nonsense'
    })
  const missing = Object.keys(limits).filter((name) => !Object.hasOwn(cells, name))
  if (missing.length === 0) return
  throw new OpenStackError(
    `${service} has no quota ${missing.map((name) => `'${name}'`).join(', ')}; it has ${Object.keys(cells).join(', ')}`,
    { ...facts, code: 'no_such_quota' }
  )
}

/** Who asks again after this must know that the limits may well be set. */
async function readBack(read: () => Promise<Cells>): Promise<Cells> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof OpenStackError)) throw error
    const { cloud, service, method, path, status, code, retryable, retryAfterMs, requestId } = error
    const facts = { cloud, service, method, path, status, code, retryable, retryAfterMs, requestId }
    throw new OpenStackError(
      `the limits were sent, but then: ${error.message}`,
      { ...facts, unknownOutcome: true },
      error
    )
  }
}
