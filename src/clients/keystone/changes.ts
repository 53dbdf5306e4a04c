import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { type RequestId, sender } from '../openstack/send.ts'

/** One role given to one user or group, as Keystone keeps it: on a project, on a domain, or on the system. */
export type Grant = {
  readonly userId?: string
  readonly groupId?: string
  readonly projectId?: string
  readonly domainId?: string
  readonly system?: true
  readonly roleId: string
  /** Given to what is below the project or domain, not to itself. */
  readonly inherited?: boolean
}

/** Changes Keystone to close a breach, or to open it again, as its administrator. Every call throws the OpenStackError of Keystone. */
export interface IdentityRemedies {
  /** Whether the very grant is there; what is reached another way (a group, inheritance) does not count. */
  granted(grant: Grant, call?: CallOptions): Promise<boolean>
  grant(grant: Grant, call: CallOptions): Promise<RequestId>
  revoke(grant: Grant, call: CallOptions): Promise<RequestId>
  /** False as well where there is no such user or group. */
  isMember(groupId: string, userId: string, call?: CallOptions): Promise<boolean>
  addMember(groupId: string, userId: string, call: CallOptions): Promise<RequestId>
  removeMember(groupId: string, userId: string, call: CallOptions): Promise<RequestId>
  deleteApplicationCredential(userId: string, id: string, call: CallOptions): Promise<RequestId>
  deleteTrust(id: string, call: CallOptions): Promise<RequestId>
}

/** Makes the client of the changes to Keystone that close a breach, or open it again. */
export function createIdentityRemedies(cloud: Cloud): IdentityRemedies {
  const send = sender(cloud, 'identity')
  const at = encodeURIComponent
  const change = async (method: 'PUT' | 'DELETE', path: string, call: CallOptions) =>
    (await send(method, path, undefined, call)).requestId

  /** A 204 says yes; Keystone's own 404 says no in words, which a proxy's does not. */
  async function holds(path: string, no: RegExp, call: CallOptions | undefined): Promise<boolean> {
    try {
      await cloud.request('identity', 'GET', path, { ...call })
      return true
    } catch (error) {
      const { status, message } = error as { status?: number; message: string }
      if (status === 404 && no.test(message)) return false
      throw error
    }
  }

  const member = (groupId: string, userId: string) => `/groups/${at(groupId)}/users/${at(userId)}`
  return {
    granted: (grant, call) => holds(pathOf(grant), /Could not find/, call),
    grant: (grant, call) => change('PUT', pathOf(grant), call),
    revoke: (grant, call) => change('DELETE', pathOf(grant), call),
    isMember: (groupId, userId, call) => holds(member(groupId, userId), /not found in group|Could not find/, call),
    addMember: (groupId, userId, call) => change('PUT', member(groupId, userId), call),
    removeMember: (groupId, userId, call) => change('DELETE', member(groupId, userId), call),
    deleteApplicationCredential: (userId, id, call) =>
      change('DELETE', `/users/${at(userId)}/application_credentials/${at(id)}`, call),
    deleteTrust: (id, call) => change('DELETE', `/OS-TRUST/trusts/${at(id)}`, call)
  }
}

function pathOf({ userId, groupId, projectId, domainId, system, roleId, inherited }: Grant): string {
  const at = encodeURIComponent
  const scopes = [
    projectId === undefined ? [] : [`projects/${at(projectId)}`],
    domainId === undefined ? [] : [`domains/${at(domainId)}`],
    system ? ['system'] : []
  ].flat()
  const holders = [
    userId === undefined ? [] : [`users/${at(userId)}`],
    groupId === undefined ? [] : [`groups/${at(groupId)}`]
  ].flat()
  if (scopes.length !== 1 || holders.length !== 1 || (system && inherited))
    throw new Error(
      'a grant names one user or group, and one project or domain or the system; the system’s are not inherited'
    )
  const path = `${scopes[0]}/${holders[0]}/roles/${at(roleId)}`
  return inherited ? `/OS-INHERIT/${path}/inherited_to_projects` : `/${path}`
}
