import { trustDelete } from '../actions/trust.ts'
import type { Rule } from '../rule.ts'

/** Finds a trust with impersonation in a cluster's project. */
export const trustImpersonation: Rule<'trust'> = {
  name: 'trust-impersonation',
  layer: 'project',
  kind: 'trust',
  severity: 'high',
  mode: 'approve',
  cuts: true,
  what: 'A trust lets somebody act as somebody else (impersonation) in a cluster’s project',
  why: 'What is done with it is logged as done by the trustor. Heat and Magnum make such trusts for what they run: list their users as `operators`',
  events: ['identity.OS-TRUST:trust.created'],
  proof: 'GET /v3/OS-TRUST/trusts/{id}: impersonation',
  remedy: 'Deletes the trust: its tokens end',
  undo: 'None: only the trustor can make it again',
  judge(trust, world) {
    const owner = world.clusterOf(trust.projectId)
    if (owner === null || !trust.impersonation || world.matrix.operators.includes(trust.trusteeId)) return []
    const { id, trustorId, trusteeId, expiresAt, roles } = trust
    const until = expiresAt === null ? 'for ever' : `until ${expiresAt}`
    const summary = `user ${trusteeId} may act as user ${trustorId} in ${owner.name} ${until} (trust ${id})`
    const evidence = { trust: id, trustor: trustorId, trustee: trusteeId, impersonation: true, expiresAt, roles }
    return [{ detail: '', from: '*', to: owner.name, summary, evidence, ...world.unsure('user', [trusteeId]) }]
  },
  close: ({ id }, { to }, world) => [world.step(trustDelete, { cluster: to, on: `trust/${id}` }, { id })]
}
