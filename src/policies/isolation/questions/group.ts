import type { ReadOne } from './reading.ts'

/** The notification of a changed group names no user: whoever is in it now has to be looked at. */
export const readGroup: ReadOne = async (id, { clients: { identity, detail } }) => {
  const group = await detail(`group ${id}`, () => identity.getGroup(id), 0)
  if (group === null) return null
  const members = await identity.listMembers(id)
  return {
    kind: 'group',
    ...group,
    projectId: '',
    members: members.map((user) => user.id).sort()
  }
}
