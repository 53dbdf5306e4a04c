import type { QuotaCell, QuotaService } from '../core/quota.ts'
import type { CallOptions } from './http.ts'

/** Limits and usage of the projects of one cloud, as an administrator of its quotas. */
export interface Quotas {
  /**
   * Every resource of the project that the service has a limit for, complete or an error. Octavia tells no usage: it is
   * counted. With unified limits Nova's numbers are Keystone's, under Nova's own names.
   */
  read(service: QuotaService, projectId: string, call?: CallOptions): Promise<Readonly<Record<string, QuotaCell>>>
  /**
   * Sets these limits and reads back what holds then. Where Nova answers 200 and changes nothing, the limits are
   * Keystone's: they are written there, and from then on at once. Refused where the service looks at usage: the
   * OpenStackError of the service. Never forces.
   */
  write(
    service: QuotaService,
    projectId: string,
    limits: Readonly<Record<string, number>>,
    call?: CallOptions
  ): Promise<QuotaWritten>
  /** What the cloud itself can bear of a resource, over all projects; null where it has no such figure. */
  capacity(resource: string, call?: CallOptions): Promise<number | null>
  /** What was found out about a service so far; asked and detected, never guessed from a version. */
  capabilities(): Readonly<Record<QuotaService, QuotaCapabilities>>
}

export interface QuotaWritten {
  readonly after: Readonly<Record<string, QuotaCell>>
  /** The service's own id of the changing call. */
  readonly requestId: string | null
}

export interface QuotaCapabilities {
  /** Where the limits are kept: the service's own table, or Keystone's unified limits; null: not known yet. */
  readonly kept: 'service' | 'keystone' | null
  /** Whether a limit below usage is refused by the service; null: not known yet, so look before and after. */
  readonly refusesBelowUsage: boolean | null
}
