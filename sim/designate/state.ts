export interface Zone {
  readonly id: string
  readonly name: string
  readonly projectId: string
  email: string
  ttl: number
  serial: number
  status: Status
  action: Action
  description: string | null
  readonly createdAt: string
  updatedAt: string | null
  version: number
}

export interface Recordset {
  readonly id: string
  readonly zoneId: string
  readonly projectId: string
  readonly name: string
  readonly type: string
  ttl: number | null
  records: string[]
  description: string | null
  status: Status
  action: Action
  readonly createdAt: string
  updatedAt: string | null
  version: number
  /** Set where Designate keeps the record for a floating IP. */
  managed: { fipId: string; address: string; projectId: string; description: string | null } | null
}

export type Status = 'PENDING' | 'ACTIVE' | 'ERROR'
export type Action = 'NONE' | 'CREATE' | 'UPDATE' | 'DELETE'

export interface DnsQuota {
  zones: number
  zone_recordsets: number
  zone_records: number
  recordset_records: number
  api_export_size: number
}

/** Designate's default limits of a project. */
export function defaultQuota(): DnsQuota {
  return { zones: 10, zone_recordsets: 500, zone_records: 500, recordset_records: 20, api_export_size: 1000 }
}
