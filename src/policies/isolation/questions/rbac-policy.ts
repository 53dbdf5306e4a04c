import type { RbacPolicy } from '../../../clients/neutron/forms.ts'
import type { NetworkIsolation } from '../../../clients/neutron/isolation.ts'
import type { ReadOne } from './reading.ts'
import type { RbacPolicySubject } from './subjects.ts'

/** What is shared: its name and its owner. */
export interface SharedObject {
  readonly id: string
  readonly name: string
  readonly projectId: string | null
}

/** Builds the subject of an RBAC policy with the object that it shares. */
export function rbacPolicySubject(policy: RbacPolicy, object: SharedObject | undefined): RbacPolicySubject {
  const { id, projectId, objectType, objectId, action, target, unsaid } = policy
  return {
    kind: 'rbac-policy',
    ...{ id, name: '', projectId, objectType, objectId, action, target },
    objectName: object?.name ?? '',
    objectProjectId: object?.projectId ?? null,
    ...(unsaid !== undefined && { unsaid })
  }
}

const lists: Readonly<Record<string, keyof NetworkIsolation>> = {
  network: 'listNetworks',
  subnetpool: 'listSubnetPools',
  security_group: 'listSecurityGroups',
  address_scope: 'listAddressScopes',
  address_group: 'listAddressGroups',
  qos_policy: 'listQosPolicies'
}

/** Reads the objects of these policies, by their id; of a type that we do not know none, and the policy itself says enough. */
export async function sharedObjects(
  network: NetworkIsolation,
  policies: readonly RbacPolicy[]
): Promise<ReadonlyMap<string, SharedObject>> {
  const types = [...new Set(policies.map((policy) => policy.objectType))].filter((type) => Object.hasOwn(lists, type))
  const found = await Promise.all(
    types.map((type) => {
      const ids = policies.flatMap((policy) => (policy.objectType === type ? policy.objectId : []))
      const list = network[lists[type]!] as NetworkIsolation['listNetworks']
      return list({ by: { id: [...new Set(ids)] } }) as Promise<readonly SharedObject[]>
    })
  )
  return new Map(found.flat().map((object) => [object.id, object]))
}

/** Reads one RBAC policy with its object; null where it is gone. */
export const readRbacPolicy: ReadOne = async (id, { clients: { network } }) => {
  const policy = await network.getRbacPolicy(id)
  if (policy === null) return null
  return rbacPolicySubject(policy, (await sharedObjects(network, [policy])).get(policy.objectId))
}
