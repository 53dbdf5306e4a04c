import type { Action } from '../core/action.ts'
import type { Tools } from '../state/tools.ts'
import { annotate } from './annotate.ts'
import { floatingIpPtrSet } from './floating-ip-ptr-set.ts'
import { floatingIpPtrUnset } from './floating-ip-ptr-unset.ts'
import { applicationCredentialDelete } from './isolation/application-credential.ts'
import { floatingIpAssociate, floatingIpDisassociate } from './isolation/floating-ip.ts'
import { groupMemberAdd, groupMemberRemove } from './isolation/group-member.ts'
import { imageMemberAdd, imageMemberRemove } from './isolation/image-member.ts'
import { imageVisibilitySet } from './isolation/image-visibility.ts'
import { networkShare, networkUnshare } from './isolation/network-share.ts'
import { portUpdate } from './isolation/port-update.ts'
import { quotaSetLimit } from './isolation/quota-limit.ts'
import { rbacPolicyCreate, rbacPolicyDelete } from './isolation/rbac-policy.ts'
import { roleGrant, roleRevoke } from './isolation/role.ts'
import { routerInterfaceAdd, routerInterfaceRemove } from './isolation/router-interface.ts'
import { securityGroupRuleCreate, securityGroupRuleDelete } from './isolation/security-group-rule.ts'
import { serverInterfaceAttach, serverInterfaceDetach } from './isolation/server-interface.ts'
import { serverQuarantine } from './isolation/server-quarantine.ts'
import { serverRelease } from './isolation/server-release.ts'
import { trustDelete } from './isolation/trust.ts'
import { volumeTransfer } from './isolation/volume-transfer.ts'
import { volumeTypeAccessAdd, volumeTypeAccessRemove } from './isolation/volume-type-access.ts'
import { quotaSet } from './quota-set.ts'
import { recordsetDelete } from './recordset-delete.ts'
import { recordsetSet } from './recordset-set.ts'
import { rolloutRestart } from './rollout-restart.ts'

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
