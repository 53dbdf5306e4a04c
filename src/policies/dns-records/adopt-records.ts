import { hintEvent } from '../../core/hint.ts'
import { nameWithin, policyNamed } from '../../core/instance.ts'
import { mark } from '../../core/ownership.ts'
import type { Json, Query } from '../../core/query.ts'
import type { Journal } from '../../store/journal.ts'
import type { Tools } from '../shared/tools.ts'
import { type Adoptable, adoptable } from './adopt.ts'
import { dnsRecords } from './policy.ts'
import type { WorldAnswer } from './questions/world.ts'
import type { DnsSettings } from './settings.ts'

/** One instance of `dns-records`: its name, its settings, and the OpenStack that it is bound to (null: to none). */
export interface DnsInstance {
  readonly policy: string
  readonly settings: DnsSettings
  readonly openstack: string | null
}

/**
 * Takes over records that carry a mark of Stackreflex but that this journal does not hold as they are: after the journal
 * was lost, or after somebody edited one. `only` is a name or an address, null for all. One line for each.
 */
export async function adoptRecords(
  load: (query: Query, tools: Tools) => Promise<Json>,
  tools: Tools,
  journal: Journal,
  { policy, settings, openstack }: DnsInstance,
  only: string | null
): Promise<readonly string[]> {
  const own = openstack === null ? tools : tools.within(openstack)
  const question = policyNamed([dnsRecords], policy)!.sweep!.needs(settings).world
  // `load` answers each question with what that question's own definition says.
  const world = (await load(question, own)) as unknown as WorldAnswer
  const description = mark(world.installId)
  const found = adoptable(world, settings, only, policy)
  for (const { row, resources, remark, text } of found) {
    if (remark !== null) await writeMark(remark, description, own, settings.cloud)
    await journal.setApplied(policy, row, resources)
    const hint = { lane: row.lane, reason: `adopted by an operator: ${text}`, resources }
    const now = Date.now()
    const origin = {
      id: `adopt-${now}-${nameWithin(policy, row.target)}`,
      source: '/stackreflex/cli',
      type: 'stackreflex.hint',
      policy,
      now
    } as const
    await journal.append({ events: [hintEvent(hint, origin)], ignored: [] })
  }
  return found.map((one) => one.text)
}

async function writeMark(
  remark: NonNullable<Adoptable['remark']>,
  description: string,
  tools: Tools,
  cloud: string
): Promise<void> {
  if (remark.kind === 'recordset') {
    const { designate } = await tools.cloud(cloud)
    await designate.updateRecordset(remark.zoneId, remark.id, { description })
    return
  }
  const cluster = await tools.clusterOf(remark.project)
  await cluster?.designate.setFloatingIpPtr(remark.id, { ptrdname: remark.ptrdname, description })
}
