import type { Action } from '../core/action.ts'
import { floatingIpPtrSet } from './dns-records/actions/floating-ip-ptr-set.ts'
import { floatingIpPtrUnset } from './dns-records/actions/floating-ip-ptr-unset.ts'
import { recordsetDelete } from './dns-records/actions/recordset-delete.ts'
import { recordsetSet } from './dns-records/actions/recordset-set.ts'
import { applicationCredentialDelete } from './isolation/actions/application-credential.ts'
import { floatingIpAssociate, floatingIpDisassociate } from './isolation/actions/floating-ip.ts'
import { groupMemberAdd, groupMemberRemove } from './isolation/actions/group-member.ts'
import { imageMemberAdd, imageMemberRemove } from './isolation/actions/image-member.ts'
import { imageVisibilitySet } from './isolation/actions/image-visibility.ts'
import { networkShare, networkUnshare } from './isolation/actions/network-share.ts'
import { portUpdate } from './isolation/actions/port-update.ts'
import { quotaSetLimit } from './isolation/actions/quota-limit.ts'
import { rbacPolicyCreate, rbacPolicyDelete } from './isolation/actions/rbac-policy.ts'
import { roleGrant, roleRevoke } from './isolation/actions/role.ts'
import { routerInterfaceAdd, routerInterfaceRemove } from './isolation/actions/router-interface.ts'
import { securityGroupRuleCreate, securityGroupRuleDelete } from './isolation/actions/security-group-rule.ts'
import { serverInterfaceAttach, serverInterfaceDetach } from './isolation/actions/server-interface.ts'
import { serverQuarantine } from './isolation/actions/server-quarantine.ts'
import { serverRelease } from './isolation/actions/server-release.ts'
import { trustDelete } from './isolation/actions/trust.ts'
import { volumeTransfer } from './isolation/actions/volume-transfer.ts'
import { volumeTypeAccessAdd, volumeTypeAccessRemove } from './isolation/actions/volume-type-access.ts'
import { quotaSet } from './quota-rebalance/actions/quota-set.ts'
import type { Tools } from './shared/tools.ts'
import { annotate } from './workload-actions/actions/annotate.ts'
import { rolloutRestart } from './workload-actions/actions/rollout-restart.ts'

/** Every action there is. To add one: its file, a line here, its test. */
export const actions: readonly Action<Tools>[] = [
  recordsetSet,
  recordsetDelete,
  floatingIpPtrSet,
  floatingIpPtrUnset,
  rolloutRestart,
  quotaSet,
  annotate,
  rbacPolicyDelete,
  rbacPolicyCreate,
  networkUnshare,
  networkShare,
  routerInterfaceRemove,
  routerInterfaceAdd,
  portUpdate,
  serverInterfaceDetach,
  serverInterfaceAttach,
  securityGroupRuleDelete,
  securityGroupRuleCreate,
  floatingIpDisassociate,
  floatingIpAssociate,
  serverQuarantine,
  serverRelease,
  volumeTransfer,
  volumeTypeAccessRemove,
  volumeTypeAccessAdd,
  imageMemberRemove,
  imageMemberAdd,
  imageVisibilitySet,
  roleRevoke,
  roleGrant,
  groupMemberRemove,
  groupMemberAdd,
  applicationCredentialDelete,
  trustDelete,
  quotaSetLimit
] as unknown as Action<Tools>[]
