import { rbacShared } from '../rbac.ts'

/** Finds a subnet pool of a cluster that is shared (RBAC) beyond it. */
export const rbacSharedSubnetPool = rbacShared({
  name: 'rbac-shared-subnet-pool',
  objectType: 'subnetpool',
  object: 'subnet pool',
  severity: 'medium',
  why: 'Subnets of another project out of this pool lie in ranges that rules and routes take for the cluster’s own'
})
