import type { QuotaCell } from '../../core/quota.ts'
import type { CallOptions } from './cloud.ts'

/** Limit and usage of each resource, by its name. */
export type Cells = Readonly<Record<string, QuotaCell>>
/** Limits to be set, by resource. */
export type Limits = Readonly<Record<string, number>>

/** What a service told: resources with figures, and those of which it says what cannot be, with that. */
export interface QuotaRead {
  readonly cells: Cells
  readonly unknown: Readonly<Record<string, string>>
}

/** The quotas of one service in its own words. */
export interface ServiceQuotas {
  read(projectId: string, call?: CallOptions): Promise<QuotaRead>
  /** Sets these limits, each of which differs from what was read before. */
  write(projectId: string, limits: Limits, before: Cells, call?: CallOptions): Promise<Sent>
}

/** The result of the call that set limits. */
export interface Sent {
  /** The service's own id of the changing call. */
  readonly requestId: string | null
  /** null: the service's answer does not show it. */
  readonly kept: 'service' | 'keystone' | null
}
