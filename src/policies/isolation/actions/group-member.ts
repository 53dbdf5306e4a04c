import type { ActionContext, Result } from '../../../core/action.ts'
import { change, failed } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import type { Tools } from '../../shared/tools.ts'

/** Input of `group-member-remove` and `group-member-add`. */
export type GroupMemberInput = { readonly cloud: string; readonly groupId: string; readonly userId: string }

/** Takes a user out of a group, and with it every role that the group gives. */
export const groupMemberRemove: DefinedAction<GroupMemberInput, 'delete'> = defineAction({
  type: 'group-member-remove',
  risk: 'delete',
  perform: (input, context) => belong(false, input, context)
})

/** Puts a user back into a group. */
export const groupMemberAdd: DefinedAction<GroupMemberInput, 'create'> = defineAction({
  type: 'group-member-add',
  risk: 'create',
  perform: (input, context) => belong(true, input, context)
})

async function belong(wanted: boolean, input: GroupMemberInput, context: ActionContext<Tools>): Promise<Result> {
  const { cloud, groupId, userId } = input
  const { identity: doors } = await context.tools.remedies(cloud)
  const what = `user ${userId} in group ${groupId}`
  return change<boolean>(context, {
    read: () => doors.isMember(groupId, userId),
    is: (now) => now === wanted,
    make: async (_, call) =>
      wanted ? doors.addMember(groupId, userId, call) : doors.removeMember(groupId, userId, call),
    meaning: ({ status, message }) => (wanted && status === 404 ? failed(`${what}: not again: ${message}`) : null),
    already: `user ${userId} was ${wanted ? 'in' : 'out of'} group ${groupId} already`,
    done: wanted ? `user ${userId} is in group ${groupId} again` : `user ${userId} is out of group ${groupId}`,
    inverse: () => (wanted ? groupMemberRemove.inverse(input) : groupMemberAdd.inverse(input))
  })
}
