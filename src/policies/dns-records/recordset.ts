import type { ActionRequest } from '../../core/action.ts'
import { sameRecords } from '../../core/ownership.ts'
import type { AppliedRow } from '../../store/policy-rows.ts'
import type { ClustersAnswer } from '../shared/clusters.ts'
import { recordsetDelete } from './actions/recordset-delete.ts'
import { recordsetSet } from './actions/recordset-set.ts'
import type { Claim } from './claims.ts'
import { type AppliedRecordset, foreignReason, heldByOthers } from './ownership.ts'
import type { RecordsetsAtAnswer } from './questions/recordsets-at.ts'
import type { ResourceAnswer } from './questions/resource-answer.ts'
import type { DnsSettings } from './settings.ts'

/** One recordset to decide about: what it should hold, what is there, what we remember. */
export interface RecordsetSubject {
  readonly name: string
  readonly type: 'A' | 'AAAA' | 'PTR'
  readonly claims: readonly Claim[]
  readonly at: RecordsetsAtAnswer
  readonly applied: readonly AppliedRow[]
  readonly installId: string
  readonly resources: readonly ResourceAnswer[]
  readonly clusters: ClustersAnswer
  /** Why nothing is wanted, where something stands behind it. */
  readonly because?: string
}

/** What comes of one record of a lane. */
export interface RecordDecision {
  readonly step: ActionRequest | null
  /** What was found and why that follows. */
  readonly finding: string
  /** Whether everything is as it should be. */
  readonly inOrder: boolean
}

/** What comes of a recordset. */
export interface Outcome extends RecordDecision {
  /** What will stand there as ours; null where that cannot be told: not all was read, or there is no place for it now. */
  readonly holds: readonly string[] | null
}

/**
 * Decides one recordset, by what is wanted, what is there and whose it is:
 *
 * | wanted | there is      | ours? | then                                   |
 * |--------|---------------|-------|----------------------------------------|
 * | none   | nothing       |       | nothing (forget what we remember)      |
 * | none   | a recordset   | yes   | delete                                 |
 * | none   | a recordset   | no    | hands off, reason                      |
 * | some   | nothing       |       | create, if the name and the quota let  |
 * | some   | the same      | yes   | in order (written again where in ERROR)|
 * | some   | another       | yes   | replace                                |
 * | some   | any           | no    | hands off, reason                      |
 */
export function decideRecordset(subject: RecordsetSubject, settings: DnsSettings): Outcome {
  const { name, type, claims, at, installId } = subject
  const existing = at.recordsets.find((one) => one.name === name && one.type === type)
  const row = subject.applied.find((one) => (one.value as { type?: string }).type === type)
  const applied = row?.value as AppliedRecordset | undefined
  const no = (finding: string, holds: Outcome['holds'] = []): Outcome => ({
    step: null,
    finding,
    inOrder: false,
    holds
  })

  const kept = claims.filter(
    (claim) => !claim.keepOnly || (applied?.by[claim.record]?.includes(claim.resources[0]!) ?? false)
  )
  const by: Record<string, string[]> = {}
  for (const claim of kept) by[claim.record] = [...new Set([...(by[claim.record] ?? []), ...claim.resources])].sort()
  const wanted = Object.keys(by).sort()

  const unread = applied === undefined ? null : withoutEvidence(applied.by, by, subject.resources)
  if (unread !== null) return no(`${name} ${type}: ${unread}`, null)
  if (at.zone === null)
    return no(
      wanted.length === 0
        ? `${name} ${type}: nothing is wanted and no zone covers it`
        : `${name} ${type}: the cloud entry '${settings.cloud}' has no zone that covers it; zones are never created: create it, the next sweep writes the record`,
      null
    )
  const target = row?.target ?? `recordset/${settings.cloud}/${at.zone.name}/${name}/${type}`
  const scope = `zone/${at.zone.name}`
  const cluster = subject.clusters[kept[0]?.project ?? applied?.project ?? ''] ?? null
  const place = { cluster, target, scope }
  const where = { cloud: settings.cloud, zone: at.zone.name, zoneId: at.zone.id, name, type }

  if (wanted.length === 0) {
    if (existing === undefined) {
      if (row === undefined)
        return { step: null, finding: `${name} ${type}: nothing is wanted, nothing is there`, inOrder: true, holds: [] }
      // Somebody deleted it for us; the step finds it gone and only forgets.
      return {
        step: recordsetDelete.request({
          ...{ risk: 'update', ...place },
          input: { ...where, expects: [], ttl: null, by: {}, project: '' }
        }),
        finding: `${name} ${type}: already gone, forgetting it`,
        inOrder: false,
        holds: []
      }
    }
    const foreign = foreignReason(existing, installId, applied)
    if (foreign !== null) return { step: null, finding: foreign, inOrder: applied === undefined, holds: [] }
    return {
      step: recordsetDelete.request({
        ...{ risk: 'delete', ...place },
        ...(isGone(applied!.by, subject.resources) && { gone: true as const }),
        input: { ...where, expects: existing.records, ttl: existing.ttl, by: applied!.by, project: applied!.project }
      }),
      finding: `${name} ${type}: ${subject.because ?? `no ${hostKind(applied!.by)} or floating IP stands behind [${existing.records.join(', ')}] any more`}`,
      inOrder: false,
      holds: []
    }
  }

  const set = (risk: 'create' | 'update', expects: readonly string[] | null) =>
    recordsetSet.request({
      ...{ risk, ...place },
      input: { ...where, records: wanted, ttl: settings.ttl ?? null, expects, by, project: kept[0]!.project }
    })
  if (existing !== undefined) {
    const foreign = foreignReason(existing, installId, applied)
    if (foreign !== null) return no(foreign)
    const same = sameRecords(existing.records, wanted)
    if (same && existing.status === 'ERROR')
      return {
        step: set('update', existing.records),
        finding: `${name} ${type} is in ERROR: written again`,
        inOrder: false,
        holds: wanted
      }
    const sameSources = JSON.stringify(sorted(applied!.by)) === JSON.stringify(sorted(by))
    if (same && sameSources)
      return { step: null, finding: `${name} ${type} [${wanted.join(', ')}] is in order`, inOrder: true, holds: wanted }
    const why = same
      ? 'the same, on other resources'
      : `[${existing.records.join(', ')}] becomes [${wanted.join(', ')}]`
    return { step: set('update', existing.records), finding: `${name} ${type}: ${why}`, inOrder: false, holds: wanted }
  }
  const held = heldByOthers(name, at.recordsets, installId)
  if (held !== null) return no(held)
  if (at.quota !== null && at.count + 1 > at.quota - settings.keepFree)
    return no(
      `${name} ${type}: zone ${at.zone.name} has ${at.count} of ${at.quota} recordsets and settings.keepFree leaves ${settings.keepFree} to others: ` +
        `raise Designate's zone_recordsets quota or lower keepFree`,
      null
    )
  const again = applied === undefined ? '' : ' (we had written it and somebody deleted it)'
  return {
    step: set('create', null),
    finding: `${name} ${type}: [${wanted.join(', ')}] is missing${again}`,
    inOrder: false,
    holds: wanted
  }
}

function sorted(by: Readonly<Record<string, readonly string[]>>): readonly (readonly [string, readonly string[]])[] {
  return Object.entries(by)
    .map(([record, resources]) => [record, [...resources].sort()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/**
 * Says why there is no evidence that what we wrote may go; null: there is. It may go only on positive evidence about each resource that it
 * rests on: a 404 by id, or the resource itself, read, that does not claim it any more.
 */
export function withoutEvidence(
  applied: Readonly<Record<string, readonly string[]>>,
  wanted: Readonly<Record<string, readonly string[]>>,
  read: readonly ResourceAnswer[]
): string | null {
  for (const [record, resources] of Object.entries(applied)) {
    if (wanted[record] !== undefined) continue
    for (const resource of resources) {
      const answer = read.find((one) => one.resource === resource)
      if (answer === undefined) return `${record} rests on ${resource}, which was not read: nothing is removed`
      if (answer.status === 'unknown') return `${record} rests on ${resource}, and ${answer.reason}: nothing is removed`
    }
  }
  return null
}

/** Tells whether something that each record rested on is known not to exist any more: its address may be anybody's next. */
export function isGone(by: Readonly<Record<string, readonly string[]>>, read: readonly ResourceAnswer[]): boolean {
  const gone = new Set(read.filter(({ status }) => status === 'gone').map(({ resource }) => resource))
  const rested = Object.values(by)
  return rested.length > 0 && rested.every((resources) => resources.some((one) => gone.has(one)))
}

/** Names what a record rested on, for a sentence about its end. */
export function hostKind(by: Readonly<Record<string, readonly string[]>>): 'server' | 'load balancer' {
  const hosts = Object.values(by).map((resources) => resources.some((one) => one.startsWith('loadbalancer/')))
  return hosts.length > 0 && hosts.every((isLoadBalancer) => isLoadBalancer) ? 'load balancer' : 'server'
}
