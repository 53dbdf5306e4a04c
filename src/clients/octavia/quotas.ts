import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { listAll } from '../openstack/pages.ts'
import type { Limits, ServiceQuotas } from '../openstack/quota-service.ts'

const RESOURCES = ['loadbalancer', 'listener', 'pool', 'member', 'healthmonitor']
// Until Rocky two keys were misspelt, and answers may still have them.
const MISSPELT: Readonly<Record<string, string>> = { loadbalancer: 'load_balancer', healthmonitor: 'health_monitor' }

/** Octavia's limits. It tells no usage and takes any limit, so what exists is counted. */
export function octaviaQuotas(cloud: Cloud): ServiceQuotas {
  const path = (projectId: string) => `/lbaas/quotas/${encodeURIComponent(projectId)}`

  async function limitsOf(projectId: string, call?: CallOptions): Promise<Limits> {
    const own = readQuota(await cloud.request('load-balancer', 'GET', path(projectId), { ...call }))
    if (Object.values(own).every((limit) => limit !== null)) return own as Limits
    const answer = await cloud.request('load-balancer', 'GET', `${path(projectId)}/default`, { ...call })
    const defaults = readQuota(answer)
    return Object.fromEntries(
      Object.entries(own).map(([name, limit]) => [
        name,
        limit ?? defaults[name] ?? fields(answer, defaults, 'quota').number(name)
      ])
    )
  }

  return {
    read: async (projectId, call) => {
      const [limits, used] = await Promise.all([limitsOf(projectId, call), count(cloud, projectId, call)])
      const cells = Object.entries(limits).map(
        ([name, limit]) => [name, { limit, used: used[name] as number }] as const
      )
      return { cells: Object.fromEntries(cells), unknown: {} }
    },
    write: async (projectId, limits, _before, call) => {
      const body = { quota: limits }
      const { requestId } = await cloud.request('load-balancer', 'PUT', path(projectId), { ...call, body })
      return { requestId, kept: null }
    }
  }
}

/** null: the default of the deployment. */
function readQuota(answer: ServiceAnswer): Readonly<Record<string, number | null>> {
  const quota = fields(answer, fields(answer, answer.body, 'the answer').value('quota'), 'quota')
  return Object.fromEntries(
    RESOURCES.map((name) => {
      const old = MISSPELT[name]
      const key = old !== undefined && quota.value(name) === undefined ? old : name
      return [name, quota.value(key) === undefined ? quota.number(name) : quota.numberOrNull(key)]
    })
  )
}

async function count(cloud: Cloud, projectId: string, call?: CallOptions): Promise<Readonly<Record<string, number>>> {
  const list = <Item extends { id: string }>(
    key: string,
    read: (answer: ServiceAnswer, raw: unknown, where: string) => Item = (answer, raw, where) =>
      ({ id: fields(answer, raw, where).text('id') }) as Item
  ) =>
    listAll(
      cloud,
      {
        ...call,
        service: 'load-balancer',
        path: `/lbaas/${key}`,
        key,
        next: `${key}_links`,
        query: { project_id: projectId }
      },
      read
    )
  // Members are listed by pool only; a pool names all of its own.
  const [loadbalancers, listeners, pools, healthmonitors] = await Promise.all([
    list('loadbalancers'),
    list('listeners'),
    list('pools', (answer, raw, where) => {
      const pool = fields(answer, raw, where)
      return { id: pool.text('id'), members: pool.list('members').length }
    }),
    list('healthmonitors')
  ])
  return {
    loadbalancer: loadbalancers.length,
    listener: listeners.length,
    pool: pools.length,
    member: pools.reduce((sum, pool) => sum + pool.members, 0),
    healthmonitor: healthmonitors.length
  }
}
