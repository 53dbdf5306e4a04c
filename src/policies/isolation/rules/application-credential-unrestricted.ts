import { aboutApplicationCredentials } from '../application-credential.ts'
import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds an unrestricted application credential, which makes further ones and trusts. */
export const applicationCredentialUnrestricted: Rule<'application-credential'> = {
  ...aboutApplicationCredentials,
  name: 'application-credential-unrestricted',
  severity: 'high',
  what: 'An application credential of a cluster’s project is unrestricted',
  why: 'It makes further credentials and trusts: who has it once has access for ever, whatever is revoked',
  judge(credential, world) {
    const owner = world.clusterOf(credential.projectId)
    if (owner === null || !credential.unrestricted || world.matrix.operators.includes(credential.userId)) return []
    const { id, userId, userName, roles } = credential
    const summary = `application credential ${called(credential)} of ${userName} in ${owner.name} is unrestricted`
    const evidence = { applicationCredential: id, user: userId, unrestricted: true, roles }
    return [{ detail: '', from: '*', to: owner.name, summary, evidence, ...world.unsure('user', [userId]) }]
  }
}
