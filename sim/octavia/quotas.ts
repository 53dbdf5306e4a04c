import { cellsOf, fits, limitsOf } from '../quota/limits.ts'
import type { State } from '../state.ts'
import { type Call, type Reply, type Route, tree } from '../wire.ts'
import { isGlobal, isObserver, refuse } from './wire.ts'

type Resource = 'loadbalancer' | 'listener' | 'pool' | 'member' | 'healthmonitor' | 'l7policy' | 'l7rule'

/** No limits, as Octavia is installed. */
const DEFAULTS: Readonly<Record<Resource, number>> = {
  ...{ loadbalancer: -1, listener: -1, pool: -1, member: -1, healthmonitor: -1, l7policy: -1, l7rule: -1 }
}
/** Two keys were misspelt once and are taken as well. */
const OLD: Readonly<Record<string, Resource>> = { load_balancer: 'loadbalancer', health_monitor: 'healthmonitor' }
const NAMES: Readonly<Record<string, string>> = {
  ...{ loadbalancer: 'Load Balancer', listener: 'Listener', pool: 'Pool', member: 'Member' },
  healthmonitor: 'Health Monitor'
}

/** How much a project has; no API tells it. */
function octaviaUsage(state: State, projectId: string, resource: Resource): number {
  if (resource === 'loadbalancer')
    return [...state.loadBalancers.values()].filter((one) => one.projectId === projectId).length
  return [...state.balancerChildren.values()].filter((one) => one.projectId === projectId && one.kind === resource)
    .length
}

/** All limits of a project with what it has. */
export function octaviaCells(state: State, projectId: string) {
  const resources = Object.keys(DEFAULTS) as Resource[]
  const used = resources.map((resource) => [resource, octaviaUsage(state, projectId, resource)])
  return cellsOf(limitsOf(state.limits.octavia, projectId, DEFAULTS), Object.fromEntries(used))
}

/** Throws Octavia's 403 when a project has all that it may have; which number it was it does not tell. */
export function checkOctaviaQuota(state: State, projectId: string, resource: Resource): void {
  const limit = limitsOf(state.limits.octavia, projectId, DEFAULTS)[resource] ?? -1
  if (fits(limit, octaviaUsage(state, projectId, resource), 1)) return
  throw refuse(403, `Quota has been met for resources: ${NAMES[resource]}`)
}

/** `/lbaas/quotas`. Nothing is checked: neither usage nor the project. */
export function octaviaQuotaRoutes(state: State): Route[] {
  const reads = (call: Call, projectId: string) =>
    isObserver(call) ||
    call.token.roles.includes('load-balancer_quota_admin') ||
    (projectId === call.token.project.id && call.token.roles.includes('load-balancer_member'))
  const writes = (call: Call) => isGlobal(call) || call.token.roles.includes('load-balancer_quota_admin')

  function allowed(yes: boolean): void {
    if (!yes) throw refuse(403, 'Policy does not allow this request to be performed.')
  }

  /** One project's answer has the old spelling only (Zed); the list of all has both, and null for the defaults. */
  function shown(limits: Readonly<Record<string, number>>): object {
    const { loadbalancer, healthmonitor, ...others } = limits
    return { quota: { ...others, load_balancer: loadbalancer, health_monitor: healthmonitor } }
  }

  const show = (projectId: string) => shown(limitsOf(state.limits.octavia, projectId, DEFAULTS))

  function update(call: Call, projectId: string): Reply {
    allowed(writes(call))
    const next = { ...state.limits.octavia.get(projectId) }
    for (const [key, value] of Object.entries(tree(call.body.quota))) {
      const name = OLD[key] ?? key
      if (!(name in DEFAULTS)) throw refuse(400, `Unknown attribute for argument quotas.quota: ${key}`)
      if (value !== null && (!Number.isInteger(value) || Number(value) < -1 || Number(value) > 2_000_000_000)) {
        const message = `Invalid input for field/attribute ${key}. Value: '${value}'. Value should be greater or equal to -1`
        throw refuse(400, message)
      }
      if (value === null) delete next[name]
      else next[name] = Number(value)
    }
    state.limits.octavia.set(projectId, next)
    return { status: 202, body: show(projectId) }
  }

  function list(call: Call): Reply {
    allowed(writes(call))
    const unset = Object.fromEntries(Object.keys(DEFAULTS).map((key) => [key, null]))
    const quotas = [...state.limits.octavia].map(([project_id, limits]) => {
      const all: Record<string, number | null> = { ...unset, ...limits }
      const { loadbalancer: load_balancer, healthmonitor: health_monitor } = all
      return { project_id, tenant_id: project_id, ...all, load_balancer, health_monitor }
    })
    return { status: 200, body: { quotas, quotas_links: [] } }
  }

  return [
    ['GET', /^\/lbaas\/quotas$/, list],
    ['GET', /^\/lbaas\/quotas\/defaults$/, () => ({ status: 200, body: shown(DEFAULTS) })],
    [
      'GET',
      /^\/lbaas\/quotas\/([^/]+)\/default$/,
      (call, id) => {
        allowed(reads(call, id!))
        return { status: 200, body: shown(DEFAULTS) }
      }
    ],
    [
      'GET',
      /^\/lbaas\/quotas\/([^/]+)$/,
      (call, id) => {
        allowed(reads(call, id!))
        return { status: 200, body: show(id!) }
      }
    ],
    ['PUT', /^\/lbaas\/quotas\/([^/]+)$/, (call, id) => update(call, id!)],
    [
      'DELETE',
      /^\/lbaas\/quotas\/([^/]+)$/,
      (call, id) => {
        allowed(writes(call))
        state.limits.octavia.delete(id!)
        return { status: 202 }
      }
    ]
  ]
}
