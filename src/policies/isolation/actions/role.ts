import type { Grant } from '../../../clients/keystone/changes.ts'
import type { ActionContext, Result } from '../../../core/action.ts'
import { change, failed } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import type { Tools } from '../../shared/tools.ts'

/** Input of `role-revoke` and `role-grant`: one user or group; one project, one domain, or the system. */
export type RoleInput = Grant & { readonly cloud: string }

/**
 * Takes back one role as it was given. What the user reaches another way stays (a group, inheritance, a federated login:
 * the identity provider may give it back). Keystone deletes the user's application credentials in that project with it.
 */
export const roleRevoke: DefinedAction<RoleInput, 'delete'> = defineAction({
  type: 'role-revoke',
  risk: 'delete',
  perform: (input, context) => give(false, input, context)
})

/** Gives a role again; application credentials that went with it do not come back. */
export const roleGrant: DefinedAction<RoleInput, 'create'> = defineAction({
  type: 'role-grant',
  risk: 'create',
  perform: (input, context) => give(true, input, context)
})

async function give(wanted: boolean, input: RoleInput, context: ActionContext<Tools>): Promise<Result> {
  const { cloud, ...grant } = input
  const { identity: doors } = await context.tools.remedies(cloud)
  const what = named(grant)
  return change<boolean>(context, {
    read: () => doors.granted(grant),
    is: (now) => now === wanted,
    make: async (_, call) => (wanted ? doors.grant(grant, call) : doors.revoke(grant, call)),
    meaning: ({ status, message }) =>
      wanted && status === 404 ? failed(`${what} cannot be given again: ${message}`) : null,
    already: `${what} was ${wanted ? 'there' : 'gone'} already`,
    done: wanted ? `${what} is given again` : `${what} is revoked`,
    inverse: () => (wanted ? roleRevoke.inverse(input) : roleGrant.inverse(input))
  })
}

function named({ userId, groupId, projectId, domainId, roleId, inherited }: Grant): string {
  const who = userId === undefined ? `group ${groupId}` : `user ${userId}`
  const domain = domainId === undefined ? 'the system' : `domain ${domainId}`
  const where = projectId === undefined ? domain : `project ${projectId}`
  return `role ${roleId} of ${who} on ${inherited ? 'what is below ' : ''}${where}`
}
