import { rbacShared } from '../rbac.ts'

/** Finds a network of a cluster that is shared (RBAC) beyond it. */
export const rbacSharedNetwork = rbacShared({
  name: 'rbac-shared-network',
  objectType: 'network',
  object: 'network',
  severity: 'critical',
  why: 'Whoever a network is shared with puts ports on it and talks to the nodes directly, past every load balancer'
})
