/** Behaviour of releases after Zed; all off at first. */
export interface Releases {
  /** Nova counts by Keystone's limits (`[quota] driver = UnifiedLimitsDriver`): its own PUT answers 200 and does nothing. */
  readonly unifiedLimits?: boolean
  /** Neutron as of 2025.1: a limit below usage is a 400 unless `force`. */
  readonly neutronChecksUsage?: boolean
}

/** What a service allows every project of which nobody said anything. */
export interface RegisteredLimit {
  readonly id: string
  readonly serviceId: string
  readonly regionId: string | null
  /** E.g. `class:VCPU`. */
  readonly resource: string
  value: number
  description: string | null
}

/** What one project may have instead. */
export interface ProjectLimit extends RegisteredLimit {
  readonly projectId: string
}
