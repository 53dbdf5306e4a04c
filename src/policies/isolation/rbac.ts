import type { Severity } from '../../core/breach.ts'
import { rbacPolicyDelete } from './actions/rbac-policy.ts'
import type { Rule } from './rule.ts'
import { called, whom } from './world.ts'

/** Makes a rule on shares of one type of Neutron object; `object` names it in a sentence. */
export function rbacShared(rule: {
  readonly name: string
  readonly objectType: string
  readonly object: string
  readonly severity: Severity
  readonly why: string
}): Rule<'rbac-policy'> {
  const { name, objectType, object, severity, why } = rule
  return {
    name,
    layer: 'network',
    kind: 'rbac-policy',
    severity,
    mode: 'enforce',
    // Neutron refuses to take away what somebody uses.
    cuts: false,
    what: `A${/^[aeiou]/.test(object) ? 'n' : ''} ${object} of a cluster is shared (RBAC) with another cluster's project, a project of no cluster, or everybody (\`*\`)${object === 'network' ? ' as external' : ''}`,
    why,
    events: ['rbac_policy.create.end', 'rbac_policy.update.end'],
    proof: 'GET /v2.0/rbac-policies/{id}',
    remedy: 'Deletes the RBAC policy; Neutron refuses (409) while somebody still uses the share, and it is tried again',
    undo: 'Creates the same share again, under a new id',
    judge(policy, world) {
      if (policy.objectType !== objectType) return []
      // That is the network's own `shared`, which has a rule and a remedy of its own.
      if (objectType === 'network' && policy.target === '*' && policy.action === 'access_as_shared') return []
      const holder =
        objectType === 'network'
          ? world.networkHolder(policy.objectId, policy.objectProjectId)
          : world.holderOf(policy.objectProjectId)
      const owner = world.clusters.find((one) => one.name === holder)
      if (owner === undefined || policy.target === owner.projectId) return []
      const to = policy.target === '*' ? '*' : world.holderOf(policy.target)
      const { objectId, objectName, action, target } = policy
      const how = action === 'access_as_external' ? ' as external' : ''
      return [
        {
          detail: '',
          from: owner.name,
          to,
          summary: `${object} ${called({ name: objectName, id: objectId })} of ${owner.name} is shared${how} with ${whom(to)}${target === '*' ? '' : ` (project ${target})`}`,
          evidence: { rbacPolicy: policy.id, objectType, objectId, action, target, madeBy: policy.projectId },
          ...(objectType === 'network' && world.unsure('network', [objectId]))
        }
      ]
    },
    close(policy, { from }, world) {
      const { id, objectType, objectId, action, target, projectId } = policy
      // Made again it has a new id, and is the same share.
      const about = { cluster: from, on: `rbac-policy/${objectId}/${action}/${target}` }
      return [world.step(rbacPolicyDelete, about, { id, objectType, objectId, action, target, projectId })]
    }
  }
}
