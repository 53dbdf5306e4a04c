import type { OperatorTools } from './operator-storage.ts'

/** What people do to record sets by hand. */
export interface RecordOperator {
  /** A record set made by hand, as a user of `infra`. */
  createRecordset(
    zone: string,
    wanted: { name: string; type: string; records: string[]; ttl?: number; description?: string }
  ): Promise<{ id: string }>
  updateRecordset(
    zone: string,
    name: string,
    type: string,
    change: { records?: string[]; ttl?: number; description?: string }
  ): Promise<void>
  deleteRecordset(zone: string, name: string, type: string): Promise<void>
  /** All record sets of a zone but SOA and NS, as Designate keeps them. */
  recordsets(zone: string): {
    id: string
    name: string
    type: string
    records: string[]
    ttl: number | null
    description: string | null
    status: string
  }[]
}

export function createRecordOperator({ state, call }: OperatorTools): RecordOperator {
  function zoneId(name: string): string {
    const found = [...state.zones.values()].find((one) => one.name === name)
    if (!found)
      throw new Error(
        `no zone is called ${name}; zones: ${[...state.zones.values()].map((one) => one.name).join(', ')}`
      )
    return found.id
  }

  function recordsetPath(zone: string, name: string, type: string): string {
    const id = zoneId(zone)
    const found = [...state.recordsets.values()].find(
      (one) => one.zoneId === id && one.name === name && one.type === type
    )
    if (!found) throw new Error(`zone ${zone} has no ${type} ${name}`)
    return `/dns/v2/zones/${id}/recordsets/${found.id}`
  }

  return {
    createRecordset: async (zone, wanted) => {
      const made = await call('infra', 'POST', `/dns/v2/zones/${zoneId(zone)}/recordsets`, wanted)
      return { id: String(made.id) }
    },
    updateRecordset: async (zone, name, type, change) => {
      await call('infra', 'PUT', recordsetPath(zone, name, type), change)
    },
    deleteRecordset: async (zone, name, type) => {
      await call('infra', 'DELETE', recordsetPath(zone, name, type))
    },
    recordsets: (zone) => {
      const id = zoneId(zone)
      return [...state.recordsets.values()]
        .filter((one) => one.zoneId === id && !(one.name === zone && (one.type === 'SOA' || one.type === 'NS')))
        .map(({ id, name, type, records, ttl, description, status }) => ({
          id,
          name,
          type,
          records: [...records],
          ttl,
          description,
          status
        }))
    }
  }
}
