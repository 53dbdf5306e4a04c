import { rbacShared } from '../rbac.ts'

export const rbacSharedAddressScope = rbacShared({
  name: 'rbac-shared-address-scope',
  objectType: 'address_scope',
  object: 'address scope',
  severity: 'medium',
  why: 'Routers forward without NAT between networks of one address scope: sharing it takes that wall down'
})
