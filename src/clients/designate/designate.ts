import type { CallOptions } from '../openstack/cloud.ts'

/** A DNS zone of Designate. */
export interface Zone {
  readonly id: string
  /** With the trailing dot. */
  readonly name: string
  /** `ACTIVE`, `PENDING`, `ERROR`, `DELETED`. */
  readonly status: string
  /** `NONE`, `CREATE`, `UPDATE`, `DELETE`: what the name servers have not got yet. */
  readonly action: string
  /** Seconds. */
  readonly ttl: number
  readonly serial: number
  readonly type: string
  readonly projectId: string
}

/** A record set of Designate: all records of one name and type. */
export interface Recordset {
  readonly id: string
  readonly zoneId: string
  /** With the trailing dot. */
  readonly name: string
  readonly type: string
  /** Seconds; null: the zone's. */
  readonly ttl: number | null
  /** A set: Designate keeps no order. */
  readonly records: readonly string[]
  readonly description: string | null
  /** Worst of its records: `ACTIVE`, `PENDING`, `ERROR`. */
  readonly status: string
  readonly action: string
  readonly projectId: string
  /** Grows with every write; not when it becomes ACTIVE. */
  readonly version: number
  readonly createdAt: string | null
  readonly updatedAt: string | null
}

/** The PTR record of a floating IP, which Designate manages itself. */
export interface FloatingIpPtr {
  /** `<region>:<floating IP id>`. */
  readonly id: string
  readonly fipId: string
  readonly address: string
  /** null: no PTR is set. */
  readonly ptrdname: string | null
  readonly description: string | null
  readonly ttl: number | null
  /** `INACTIVE` where no PTR is set. */
  readonly status: string
  readonly action: string
}

/** A record set to be created. */
export interface NewRecordset {
  /** With the trailing dot. */
  readonly name: string
  readonly type: string
  readonly records: readonly string[]
  /** Seconds; null or undefined: the zone's. */
  readonly ttl?: number | null
  /** At most 160 characters; Designate refuses more with 400. */
  readonly description?: string | null
}

/** Fields that are not named stay as they are; `records` replaces the whole set. */
export type RecordsetChange = Partial<Omit<NewRecordset, 'name' | 'type'>>

/** The PTR record to be set for a floating IP. */
export interface NewPtr {
  /** With the trailing dot. */
  readonly ptrdname: string
  readonly description?: string | null
  readonly ttl?: number | null
}

/** The result of a changing call with the service's id of it, to be journalled. */
export interface Changed<Value> {
  readonly value: Value
  readonly requestId: string | null
}

/** Limits of the project; -1 is unlimited. */
export interface DnsQuota {
  readonly zones: number
  /** Counts SOA and NS of the zone as well. */
  readonly recordsetsPerZone: number
  readonly recordsPerZone: number
  readonly recordsPerRecordset: number
}

/** The calls of Designate that the product makes, as the project of the token. */
export interface Designate {
  listZones(filter?: CallOptions & { readonly name?: string; readonly pageSize?: number }): Promise<Zone[]>
  /** Filters may hold `*`; complete or an error. */
  listRecordsets(
    zoneId: string,
    filter?: CallOptions & {
      readonly name?: string
      readonly type?: string
      readonly description?: string
      readonly pageSize?: number
    }
  ): Promise<Recordset[]>
  /** null only when Designate itself says that this record set does not exist (or is another project's); an unknown zone throws. */
  getRecordset(zoneId: string, id: string, call?: CallOptions): Promise<Recordset | null>
  /** Errors worth knowing: 409 `duplicate_recordset`, 400 `invalid_recordset_location` (CNAME), 413 `over_quota`. */
  createRecordset(zoneId: string, recordset: NewRecordset, call?: CallOptions): Promise<Changed<Recordset>>
  /** There is no compare-and-set in Designate: re-read just before. 404 `recordset_not_found` throws. */
  updateRecordset(zoneId: string, id: string, change: RecordsetChange, call?: CallOptions): Promise<Changed<Recordset>>
  /** 404 `recordset_not_found` throws. */
  deleteRecordset(zoneId: string, id: string, call?: CallOptions): Promise<Changed<Recordset>>
  /** Limits of the token's project; null where the policy does not let us read them. */
  quota(call?: CallOptions): Promise<DnsQuota | null>
  /** Record sets of a zone as its quota counts them, SOA and NS included. */
  countRecordsets(zoneId: string, call?: CallOptions): Promise<number>
  /** null when the project has no such floating IP. */
  getFloatingIpPtr(fipId: string, call?: CallOptions): Promise<FloatingIpPtr | null>
  /** Unsetting (null) answers `value: null`; where no PTR was set it throws 404 `not_found`. */
  setFloatingIpPtr(fipId: string, ptr: NewPtr | null, call?: CallOptions): Promise<Changed<FloatingIpPtr | null>>
  /** One item for each floating IP of the project, with or without a PTR. */
  listFloatingIpPtrs(call?: CallOptions): Promise<FloatingIpPtr[]>
}
