import { rbacShared } from '../rbac.ts'

/** Finds an address group of a cluster that is shared (RBAC) beyond it. */
export const rbacSharedAddressGroup = rbacShared({
  name: 'rbac-shared-address-group',
  objectType: 'address_group',
  object: 'address group',
  severity: 'low',
  why: 'It tells others the cluster’s addresses, and their security group rules change whenever it does'
})
