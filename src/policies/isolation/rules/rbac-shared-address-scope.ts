import { rbacShared } from '../rbac.ts'

/** Finds an address scope of a cluster that is shared (RBAC) beyond it. */
export const rbacSharedAddressScope = rbacShared({
  name: 'rbac-shared-address-scope',
  objectType: 'address_scope',
  object: 'address scope',
  severity: 'medium',
  why: 'Routers forward without NAT between networks of one address scope: sharing it takes that wall down'
})
