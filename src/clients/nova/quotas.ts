import { keystoneLimits } from '../keystone/limits.ts'
import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { Cloud } from '../openstack/cloud.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import type { Cells, Limits, ServiceQuotas } from '../openstack/quota-service.ts'
import { readQuotaSet } from '../openstack/quota-set.ts'

// From 2.57 on only what is still Nova's: no networks, floating IPs, security groups, injected files.
const MICROVERSION = '2.57'

/** What Nova itself shows of unified limits; of the others it shows the default, whatever the project's limit is. */
const SHOWN = ['cores', 'ram', 'instances']

/** Nova's limits, wherever they are kept. With unified limits a PUT answers 200 and changes nothing. */
export function novaQuotas(cloud: Cloud): ServiceQuotas {
  const path = (projectId: string) => `/os-quota-sets/${encodeURIComponent(projectId)}`
  const keystone = keystoneLimits(cloud)
  let kept: 'service' | 'keystone' | null = null

  const read: ServiceQuotas['read'] = async (projectId, call) => {
    const options = { ...call, microversion: MICROVERSION }
    const told = readQuotaSet(await cloud.request('compute', 'GET', `${path(projectId)}/detail`, options))
    return kept === 'keystone' ? { ...told, cells: withLimits(told.cells, await keystone.read(projectId, call)) } : told
  }

  return {
    read,
    write: async (projectId, limits, before, call) => {
      if (kept === 'keystone') return { requestId: await keystone.write(projectId, limits, call), kept }
      const options = { ...call, microversion: MICROVERSION, body: { quota_set: limits } }
      const answer = await cloud.request('compute', 'PUT', path(projectId), options)
      // What another writer set meanwhile is neither the old limit nor ours, and no sign of unified limits.
      const ignored = Object.keys(limits).filter((name) => limitOf(answer, name) === before[name]?.limit)
      if (ignored.length === 0) {
        kept = 'service'
        return { requestId: answer.requestId, kept }
      }
      const unified = await keystone.read(projectId, call)
      keptThere(answer, ignored, before, unified)
      const requestId = await keystone.write(projectId, limits, call)
      kept = 'keystone'
      return { requestId, kept }
    }
  }
}

function withLimits(cells: Cells, limits: Limits): Cells {
  return Object.fromEntries(
    Object.entries(cells).map(([name, cell]) => [name, { ...cell, limit: limits[name] ?? cell.limit }])
  )
}

function limitOf(answer: ServiceAnswer, name: string): number {
  return fields(answer, fields(answer, answer.body, 'the answer').value('quota_set'), 'quota_set').number(name)
}

/** Nova must show what Keystone has; else its limits are in neither place, and writing there would do nothing. */
function keptThere(answer: ServiceAnswer, ignored: readonly string[], before: Cells, unified: Limits): void {
  const other = SHOWN.find((name) => unified[name] !== undefined && unified[name] !== before[name]?.limit)
  if (other === undefined) return
  const { cloud, service, method, path, status, requestId } = answer
  throw new OpenStackError(
    `it changed nothing (${ignored.join(', ')}), as with unified limits; but it shows ${before[other]?.limit} ${other} ` +
      `where Keystone says ${unified[other]}: see [quota] driver and [oslo_limit] endpoint_id in nova.conf`,
    { cloud, service, method, path, status, requestId, code: 'ignored', retryable: false }
  )
}
