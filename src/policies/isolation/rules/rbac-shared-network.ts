import { rbacShared } from '../rbac.ts'

export const rbacSharedNetwork = rbacShared({
  name: 'rbac-shared-network',
  objectType: 'network',
  object: 'network',
  severity: 'critical',
  why: 'Whoever a network is shared with puts ports on it and talks to the nodes directly, past every load balancer'
})
