import { rbacShared } from '../rbac.ts'

/** Finds a security group of a cluster that is shared (RBAC) beyond it. */
export const rbacSharedSecurityGroup = rbacShared({
  name: 'rbac-shared-security-group',
  objectType: 'security_group',
  object: 'security group',
  severity: 'high',
  why: 'A server of another project that has the group is a member of it, and passes every rule that lets members in'
})
