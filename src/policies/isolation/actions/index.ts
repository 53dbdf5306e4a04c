import { applicationCredentialDelete } from './application-credential.ts'
import { floatingIpAssociate, floatingIpDisassociate } from './floating-ip.ts'
import { groupMemberAdd, groupMemberRemove } from './group-member.ts'
import { imageMemberAdd, imageMemberRemove } from './image-member.ts'
import { imageVisibilitySet } from './image-visibility.ts'
import { networkShare, networkUnshare } from './network-share.ts'
import { portUpdate } from './port-update.ts'
import { quotaSetLimit } from './quota-limit.ts'
import { rbacPolicyCreate, rbacPolicyDelete } from './rbac-policy.ts'
import { roleGrant, roleRevoke } from './role.ts'
import { routerInterfaceAdd, routerInterfaceRemove } from './router-interface.ts'
import { securityGroupRuleCreate, securityGroupRuleDelete } from './security-group-rule.ts'
import { serverInterfaceAttach, serverInterfaceDetach } from './server-interface.ts'
import { serverQuarantine } from './server-quarantine.ts'
import { serverRelease } from './server-release.ts'
import { trustDelete } from './trust.ts'
import { volumeTransfer } from './volume-transfer.ts'
import { volumeTypeAccessAdd, volumeTypeAccessRemove } from './volume-type-access.ts'

/** What closes a way from one cluster to another. */
export const closing = [
  rbacPolicyDelete,
  networkUnshare,
  routerInterfaceRemove,
  portUpdate,
  serverInterfaceDetach,
  securityGroupRuleDelete,
  floatingIpDisassociate,
  serverQuarantine,
  volumeTransfer,
  volumeTypeAccessRemove,
  imageMemberRemove,
  imageVisibilitySet,
  roleRevoke,
  groupMemberRemove,
  applicationCredentialDelete,
  trustDelete,
  quotaSetLimit
]

/** What takes a closing back, where it is not the same action the other way round. */
export const opening = [
  rbacPolicyCreate,
  networkShare,
  routerInterfaceAdd,
  serverInterfaceAttach,
  securityGroupRuleCreate,
  floatingIpAssociate,
  serverRelease,
  volumeTypeAccessAdd,
  imageMemberAdd,
  roleGrant,
  groupMemberAdd
]
