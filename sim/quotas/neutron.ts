import { neutronError } from '../neutron-wire.ts'
import type { State } from '../state.ts'
import { fits, limitsOf } from './limits.ts'

/** What Neutron allows a project of which nobody said anything. */
export const NEUTRON_DEFAULTS: Readonly<Record<string, number>> = {
  ...{ network: 100, subnet: 100, subnetpool: -1, port: 500, router: 10, floatingip: 50 },
  ...{ security_group: 10, security_group_rule: 100, rbac_policy: 10 }
}

/** How much a project has of what Neutron counts. */
export function neutronUsage(state: State, projectId: string): Readonly<Record<string, number>> {
  const count = (items: ReadonlyMap<string, { readonly projectId: string }>) =>
    [...items.values()].filter((one) => one.projectId === projectId).length
  return {
    network: count(state.networks),
    subnet: count(state.subnets),
    subnetpool: 0,
    port: count(state.ports),
    router: count(state.routers),
    floatingip: count(state.floatingIps),
    security_group: count(state.securityGroups),
    security_group_rule: count(state.securityGroupRules),
    rbac_policy: 0
  }
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
