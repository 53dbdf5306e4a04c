import type { Recordset } from '../../../clients/designate/designate.ts'
import { defineQuestion } from '../../shared/define-question.ts'
import type { Tools } from '../../shared/tools.ts'

/** A recordset as far as policies may know it. */
export interface RecordsetAnswer {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly ttl: number | null
  readonly records: readonly string[]
  readonly description: string | null
  readonly status: string
}

/** What Designate has at one name. */
export interface RecordsetsAtAnswer {
  /** null when no zone of the cloud entry covers the name. */
  readonly zone: { readonly id: string; readonly name: string } | null
  /** At the very name, of every type, and the TXT records in which external-dns keeps its ownership. */
  readonly recordsets: readonly RecordsetAnswer[]
  /** Recordsets in the zone now, all of them. */
  readonly count: number
  /** Designate's limit of recordsets in a zone; null when it does not tell. */
  readonly quota: number | null
}

type Params = { readonly cloud: string; readonly name: string }

/** Answers `recordsets-at`, in the longest zone that covers the name. */
export async function loadRecordsetsAt(params: Params, tools: Tools): Promise<RecordsetsAtAnswer> {
  const cloud = await tools.cloud(params.cloud)
  const { designate } = cloud
  const zone = longestCovering(await tools.zones(cloud), params.name)
  if (zone === null) return { zone: null, recordsets: [], count: 0, quota: null }
  // One wildcard query finds the name itself and external-dns's `a-`, `aaaa-`, `cname-` names beside it.
  const [near, count, quota] = await Promise.all([
    designate.listRecordsets(zone.id, { name: `*${params.name}` }),
    designate.countRecordsets(zone.id),
    tools.recordsetQuota(cloud)
  ])
  const beside = ['a-', 'aaaa-', 'cname-'].map((prefix) => prefix + params.name)
  const relevant = near
    .map(recordsetAnswer)
    .filter((one) => one.name === params.name || (one.type === 'TXT' && beside.includes(one.name)))
  return {
    zone: { id: zone.id, name: zone.name },
    recordsets: relevant,
    count,
    quota
  }
}

/** Finds the zone that is authoritative for a name: the longest one that covers it. */
export function longestCovering<Z extends { readonly name: string }>(zones: readonly Z[], name: string): Z | null {
  const covering = zones.filter((zone) => name === zone.name || name.endsWith(`.${zone.name}`))
  return covering.sort((a, b) => b.name.length - a.name.length)[0] ?? null
}

/** Cuts a recordset down to what policies use. Designate keeps the case in which a name was written, DNS knows none. */
export function recordsetAnswer(one: Recordset): RecordsetAnswer {
  const { id, name, type, ttl, records, description, status } = one
  return { id, name: name.toLowerCase(), type, ttl, records: [...records].sort(), description, status }
}

/** Defines the question: what does Designate have at this name? */
export const recordsetsAtQuestion = defineQuestion('recordsets-at', loadRecordsetsAt)
