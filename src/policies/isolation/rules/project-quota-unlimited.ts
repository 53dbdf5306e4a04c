import { quotaResources, quotaServiceOf } from '../../../core/quota.ts'
import { quotaSetLimit } from '../actions/quota-limit.ts'
import type { Rule } from '../rule.ts'

/**
 * What has a limit in every OpenStack unless somebody takes it away. The rest (Cinder's by volume type, Octavia's) has none
 * by default, and counts only where the configuration says one.
 */
const limited: readonly string[] = [...quotaResources.nova, ...quotaResources.cinder, ...quotaResources.neutron]

/** Finds a project of a cluster that has no limit (quota -1) on a resource. */
export const projectQuotaUnlimited: Rule<'project'> = {
  name: 'project-quota-unlimited',
  layer: 'project',
  kind: 'project',
  severity: 'medium',
  mode: 'enforce',
  cuts: false,
  what: 'A cluster’s project has no limit (quota -1) on a resource of Nova, Cinder or Neutron, or on any other that `clusters.<name>.quota` names',
  why: 'One cluster can take what all of them need: a hard quota is the wall between them',
  events: [],
  proof: 'GET of the quota of each service: limit -1',
  remedy: 'Sets the limit that `clusters.<name>.quota` says for the resource; without one there it is only told',
  undo: 'Sets -1 again',
  judge(project, world) {
    const owner = world.clusterOf(project.id)
    if (owner === null) return []
    return Object.entries(project.limits)
      .filter(
        ([resource, limit]) =>
          limit < 0 && (limited.includes(resource) || Object.hasOwn(owner.settings.quota, resource))
      )
      .map(([resource, limit]) => ({
        detail: resource,
        from: '*',
        to: owner.name,
        summary: `project ${owner.projectName} of ${owner.name} has no limit on ${resource}`,
        evidence: { project: project.id, resource, limit }
      }))
  },
  close({ id }, { detail, to: cluster }, world) {
    const to = world.settings.clusters[cluster]?.quota[detail]
    const service = quotaServiceOf(detail)
    if (to === undefined) return { none: `say which limit it gets: clusters.${cluster}.quota.${detail}` }
    if (service === null) return { none: `no service is known to have a quota on '${detail}'` }
    const about = { cluster, on: `quota/${id}/${detail}` }
    return [world.step(quotaSetLimit, about, { service, projectId: id, resource: detail, to, expects: -1 })]
  }
}
