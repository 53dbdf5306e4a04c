import { cinderCells } from '../cinder/quotas.ts'
import { UNIFIED_NAMES } from '../keystone/unified.ts'
import { neutronCells } from '../neutron/quotas.ts'
import { NOVA_DEFAULTS, novaCells } from '../nova/quotas.ts'
import { octaviaCells } from '../octavia/quotas.ts'
import type { OperatorTools } from './operator-storage.ts'

export type QuotaServiceName = 'nova' | 'cinder' | 'neutron' | 'octavia'
export type QuotaCells = Readonly<Record<string, { readonly limit: number; readonly used: number }>>

/** What an administrator does to quotas, with nobody's policy in between. */
export interface QuotaOperator {
  /** Sets limits as `admin`; throws what the service says to a limit below usage. */
  setQuota(service: QuotaServiceName, project: string, limits: Readonly<Record<string, number>>): Promise<void>
  /** What holds and what is used at this moment, as the service itself reckons; not by a call. */
  quota(service: QuotaServiceName, project: string): QuotaCells
  /** Registers Nova's limits in Keystone, so that a Nova with unified limits lets anybody boot; `projects` get their own. */
  registerLimits(projects?: Readonly<Record<string, Readonly<Record<string, number>>>>): Promise<void>
}

export function createQuotaOperator({ state, call }: OperatorTools): QuotaOperator {
  const projectId = (project: string) => {
    const found = [...state.projects.values()].find(({ name }) => name === project)
    if (!found) throw new Error(`no project is called ${project}`)
    return found.id
  }
  const cells = { nova: novaCells, cinder: cinderCells, neutron: neutronCells, octavia: octaviaCells }

  return {
    setQuota: async (service, project, limits) => {
      const id = projectId(project)
      const paths = {
        nova: `/compute/v2.1/os-quota-sets/${id}`,
        cinder: `/volume/v3/${projectId('admin')}/os-quota-sets/${id}`,
        neutron: `/network/v2.0/quotas/${id}`,
        octavia: `/load-balancer/v2/lbaas/quotas/${id}`
      }
      const body = service === 'nova' || service === 'cinder' ? { quota_set: limits } : { quota: limits }
      await call('admin', 'PUT', paths[service], body)
    },
    quota: (service, project) => cells[service](state, projectId(project)),
    registerLimits: async (projects = {}) => {
      const row = (key: string) => ({ service_id: 'nova', region_id: 'RegionOne', resource_name: UNIFIED_NAMES[key] })
      const registered_limits = Object.keys(UNIFIED_NAMES).map((key) => ({
        ...row(key),
        default_limit: NOVA_DEFAULTS[key]
      }))
      await call('admin', 'POST', '/identity/v3/registered_limits', { registered_limits })
      const limits = Object.entries(projects).flatMap(([project, own]) =>
        Object.entries(own).map(([key, limit]) => ({
          ...{ ...row(key), project_id: projectId(project), resource_limit: limit }
        }))
      )
      if (limits.length > 0) await call('admin', 'POST', '/identity/v3/limits', { limits })
    }
  }
}
