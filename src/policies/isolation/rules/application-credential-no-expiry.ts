import { aboutApplicationCredentials } from '../application-credential.ts'
import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds an application credential that never expires. */
export const applicationCredentialNoExpiry: Rule<'application-credential'> = {
  ...aboutApplicationCredentials,
  name: 'application-credential-no-expiry',
  severity: 'medium',
  what: 'An application credential of a cluster’s project never expires',
  why: 'It outlives whoever made it, and every copy of it that was lost',
  judge(credential, world) {
    const owner = world.clusterOf(credential.projectId)
    if (owner === null || credential.expiresAt !== null || world.matrix.operators.includes(credential.userId)) return []
    const { id, userId, userName, roles } = credential
    const summary = `application credential ${called(credential)} of ${userName} in ${owner.name} never expires`
    const evidence = { applicationCredential: id, user: userId, expiresAt: null, roles }
    return [{ detail: '', from: '*', to: owner.name, summary, evidence, ...world.unsure('user', [userId]) }]
  }
}
