import type { QuotaCell, QuotaService } from '../core/quota.ts'
import type { CallOptions, Cloud } from './http.ts'
import { OpenStackError } from './openstack-error.ts'
import { capacity } from './quotas/capacity.ts'
import { cinderQuotas, volumeTypes } from './quotas/cinder.ts'
import { neutronQuotas } from './quotas/neutron.ts'
import { novaQuotas } from './quotas/nova.ts'
import { octaviaQuotas } from './quotas/octavia.ts'
import type { Cells, ServiceQuotas } from './quotas/service.ts'

/** Limits and usage of the projects of one cloud, as an administrator of its quotas. */
export interface Quotas {
  /**
   * Every resource of the project that the service has a limit for, complete or an error. Octavia tells no usage: it is
   * counted. Nova counts a server once its conductor made it, moments after the 202. With unified limits its limits are
   * Keystone's, under Nova's own names.
   */
  read(service: QuotaService, projectId: string, call?: CallOptions): Promise<Readonly<Record<string, QuotaCell>>>
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

export interface QuotaWritten {
  readonly after: Readonly<Record<string, QuotaCell>>
  /** The service's own id of the changing call; null where there was nothing to change. */
  readonly requestId: string | null
}

export interface QuotaCapabilities {
  /** Where the limits are kept: the service's own table, or Keystone's unified limits; null: not known yet. */
  readonly kept: 'service' | 'keystone' | null
  /** Whether a limit below usage is refused by the service; null: not known yet, so look before and after. */
  readonly refusesBelowUsage: boolean | null
}

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

  return {
    read: (service, projectId, call) => services[service].read(projectId, call),
    write: async (service, projectId, limits, call) => {
      const { read, write } = services[service]
      const before = await read(projectId, call)
      knownOnly(cloud, service, limits, before)
      const changes = Object.entries(limits).filter(([name, limit]) => before[name]?.limit !== limit)
      if (changes.length === 0) return { after: before, requestId: null }
      const below = changes.filter(([name, limit]) => limit !== -1 && limit < (before[name]?.used ?? 0))
      try {
        const written = await write(projectId, Object.fromEntries(changes), before, call)
        const after = await readBack(() => read(projectId, call))
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
    capacity: (resource, call) => capacity(cloud, resource, call),
    volumeTypes: (call) => volumeTypes(cloud, call),
    capabilities: () => ({ ...found })
  }
}

/** The key of a volume type goes with its name: who still says the old one is told what there is, which no service does. */
function knownOnly(cloud: Cloud, service: QuotaService, limits: object, before: Cells): void {
  const unknown = Object.keys(limits).filter((name) => !Object.hasOwn(before, name))
  if (unknown.length === 0) return
  throw new OpenStackError(
    `${service} has no quota ${unknown.map((name) => `'${name}'`).join(', ')}; it has ${Object.keys(before).join(', ')}`,
    { cloud: cloud.name, service, method: 'PUT', path: 'quota', code: 'no_such_quota', retryable: false }
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
