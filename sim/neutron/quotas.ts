import { cellsOf, fits, limitsOf, setLimits } from '../quota/limits.ts'
import type { State } from '../state.ts'
import { type Call, isAdmin, type Reply, type Route, tree } from '../wire.ts'
import { neutronError } from './wire.ts'

/** What Neutron allows a project of which nobody said anything. */
const NEUTRON_DEFAULTS: Readonly<Record<string, number>> = {
  ...{ network: 100, subnet: 100, subnetpool: -1, port: 500, router: 10, floatingip: 50 },
  ...{ security_group: 10, security_group_rule: 100, rbac_policy: 10 }
}

/** How much a project has of what Neutron counts. */
function neutronUsage(state: State, projectId: string): Readonly<Record<string, number>> {
  const count = (items: ReadonlyMap<string, { readonly projectId: string }>) =>
    [...items.values()].filter((one) => one.projectId === projectId).length
  return {
    network: count(state.networks),
    subnet: count(state.subnets),
    subnetpool: [...state.shareables.values()].filter((one) => one.type === 'subnetpool' && one.projectId === projectId)
      .length,
    port: count(state.ports),
    router: count(state.routers),
    floatingip: count(state.floatingIps),
    security_group: count(state.securityGroups),
    security_group_rule: count(state.securityGroupRules),
    rbac_policy: count(state.rbacPolicies)
  }
}

/** All limits of a project with what it has. */
export function neutronCells(state: State, projectId: string) {
  return cellsOf(limitsOf(state.limits.neutron, projectId, NEUTRON_DEFAULTS), neutronUsage(state, projectId))
}

/** Throws Neutron's 409 when a project would get more than it may have. */
export function checkNeutronQuota(state: State, projectId: string, wanted: Readonly<Record<string, number>>): void {
  const limits = limitsOf(state.limits.neutron, projectId, NEUTRON_DEFAULTS)
  const used = neutronUsage(state, projectId)
  const over = Object.keys(wanted).filter((key) => !fits(limits[key] ?? -1, used[key] ?? 0, wanted[key]!))
  if (over.length === 0) return
  const names = over.map((key) => `'${key}'`).join(', ')
  throw neutronError(409, 'OverQuota', `Quota exceeded for resources: [${names}].`)
}

/** `/quotas`. Ids of projects are not looked at: a wrong one gets limits too. */
export function neutronQuotaRoutes(state: State): Route[] {
  function allowed(call: Call, projectId: string | null, rule: string): void {
    if (isAdmin(call.token) || projectId === call.token.project.id) return
    throw neutronError(403, 'PolicyNotAuthorized', `rule:${rule} is disallowed by policy`)
  }

  const limits = (projectId: string) => limitsOf(state.limits.neutron, projectId, NEUTRON_DEFAULTS)

  function details(call: Call, projectId: string): Reply {
    if (!isAdmin(call.token) && projectId !== call.token.project.id) {
      const message =
        'User does not have admin privileges: Only admin is authorized to access quotas for another project.'
      throw neutronError(403, 'AdminRequired', message)
    }
    const used = neutronUsage(state, projectId)
    const quota = Object.entries(limits(projectId)).map(([key, limit]) => [
      key,
      { limit, used: used[key], reserved: 0 }
    ])
    return { status: 200, body: { quota: Object.fromEntries(quota) } }
  }

  function update(call: Call, projectId: string): Reply {
    allowed(call, null, 'update_quota')
    const { force, check_limit, ...wanted } = tree(call.body.quota)
    for (const [key, value] of Object.entries(wanted)) {
      if (!(key in NEUTRON_DEFAULTS)) throw neutronError(400, 'HTTPBadRequest', `Unrecognized attribute(s) '${key}'`)
      if (!Number.isInteger(Number(value)) || Number(value) < -1)
        throw neutronError(
          400,
          'HTTPBadRequest',
          `Invalid input for ${key}. Reason: '${value}' is too small - must be at least '-1'.`
        )
    }
    const change = Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, Number(value)]))
    const { neutronChecksUsage = false } = state.releases
    if (neutronChecksUsage ? force !== true : check_limit === true) {
      const used = neutronUsage(state, projectId)
      for (const [key, limit] of Object.entries(change)) {
        // Zed compares -1 like any number, and so refuses it.
        if (neutronChecksUsage ? fits(limit, used[key] ?? 0, 0) : limit >= (used[key] ?? 0)) continue
        const message = `Quota limit ${limit} for ${key} must be greater than or equal to already used ${used[key]}`
        throw neutronError(400, 'HTTPBadRequest', message)
      }
    }
    setLimits(state.limits.neutron, projectId, change)
    return { status: 200, body: { quota: limits(projectId) } }
  }

  function remove(call: Call, projectId: string): Reply {
    allowed(call, null, 'delete_quota')
    if (!state.limits.neutron.delete(projectId))
      throw neutronError(404, 'TenantQuotaNotFound', `Quota for tenant ${projectId} could not be found.`)
    return { status: 204 }
  }

  function show(call: Call, projectId: string, of: (projectId: string) => object): Reply {
    allowed(call, projectId, 'get_quota')
    return { status: 200, body: { quota: of(projectId) } }
  }

  function listSet(call: Call): Reply {
    allowed(call, null, 'get_quota')
    const quotas = [...state.limits.neutron.keys()].map((id) => ({ tenant_id: id, project_id: id, ...limits(id) }))
    return { status: 200, body: { quotas } }
  }

  return [
    ['GET', /^\/quotas$/, listSet],
    ['GET', /^\/quotas\/([^/]+)\/details(?:\.json)?$/, (call, id) => details(call, id!)],
    ['GET', /^\/quotas\/([^/]+)\/default(?:\.json)?$/, (call, id) => show(call, id!, () => NEUTRON_DEFAULTS)],
    ['GET', /^\/quotas\/([^/.]+)(?:\.json)?$/, (call, id) => show(call, id!, limits)],
    ['PUT', /^\/quotas\/([^/.]+)(?:\.json)?$/, (call, id) => update(call, id!)],
    ['DELETE', /^\/quotas\/([^/.]+)(?:\.json)?$/, (call, id) => remove(call, id!)]
  ]
}
