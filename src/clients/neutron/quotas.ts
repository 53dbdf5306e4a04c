import { fields } from '../openstack/answer-fields.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import type { ServiceQuotas } from '../openstack/quota-service.ts'
import { readCells } from '../openstack/quota-set.ts'

/** Makes the client of Neutron's quotas. */
export function neutronQuotas(cloud: Cloud): ServiceQuotas {
  const path = (projectId: string) => `/quotas/${encodeURIComponent(projectId)}`
  let known: Promise<ReadonlySet<string>> | null = null
  /** What this Neutron can do changes only with its configuration; a failure is asked again. */
  function extensions(call?: CallOptions): Promise<ReadonlySet<string>> {
    if (known !== null) return known
    const asking = neutronExtensions(cloud, call)
    known = asking
    asking.catch(() => (known = null))
    return asking
  }

  return {
    read: async (projectId, call) => {
      if (!(await extensions(call)).has('quota_details')) throw noUsage(cloud, path(projectId))
      return readCells(
        await cloud.request('network', 'GET', `${path(projectId)}/details.json`, { ...call }),
        'quota',
        'used'
      )
    },
    write: async (projectId, limits, _before, call) => {
      // Releases that look at usage only when asked to compare -1 as a number, and refuse it.
      const finite = Object.values(limits).every((limit) => limit >= 0)
      const asks = finite && (await extensions(call)).has('quota-check-limit')
      const body = { quota: asks ? { ...limits, check_limit: true } : limits }
      const { requestId } = await cloud.request('network', 'PUT', path(projectId), { ...call, body })
      return { requestId, kept: null }
    }
  }
}

/** Aliases of what this Neutron can do. */
export async function neutronExtensions(cloud: Cloud, call?: CallOptions): Promise<ReadonlySet<string>> {
  const answer = await cloud.request('network', 'GET', '/extensions', { ...call })
  const list = fields(answer, answer.body, 'the answer').list('extensions')
  return new Set(list.map((one, index) => fields(answer, one, `extensions[${index}]`).text('alias')))
}

function noUsage(cloud: Cloud, path: string): OpenStackError {
  return new OpenStackError(
    'this Neutron tells no usage of its quotas (no extension quota_details, which every database driver of [quotas] ' +
      'quota_driver has): without it no limit is moved',
    { cloud: cloud.name, service: 'network', method: 'GET', path, code: 'no_usage', retryable: false }
  )
}
