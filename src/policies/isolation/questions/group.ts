import type { ReadOne } from './reading.ts'

/** Reads one group of Keystone with its members: the notification of a changed group names no user, so all of them are looked at. */
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
