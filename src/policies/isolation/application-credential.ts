import { applicationCredentialDelete } from './actions/application-credential.ts'
import { ownId } from './naming.ts'
import type { Rule } from './rule.ts'

/** What rules about application credentials have in common. */
export const aboutApplicationCredentials = {
  layer: 'project',
  kind: 'application-credential',
  // Its secret is told once: nothing brings it back.
  mode: 'approve',
  cuts: true,
  events: ['identity.application_credential.created'],
  proof: 'GET /v3/users/{user}/application_credentials/{id}',
  remedy: 'Deletes it: what logs in with it stops working',
  undo: 'None: its owner makes a new one',
  close({ id, userId }, { to }, world) {
    const about = { cluster: to, on: `application-credential/${id}` }
    return [world.step(applicationCredentialDelete, about, { userId, id: ownId(id) })]
  }
} satisfies Partial<Rule<'application-credential'>>
