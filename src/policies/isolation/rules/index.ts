import type { AnyRule } from '../rule.ts'
import { adminGranted } from './admin-granted.ts'
import { applicationCredentialNoExpiry } from './application-credential-no-expiry.ts'
import { applicationCredentialUnrestricted } from './application-credential-unrestricted.ts'
import { defaultGroupChanged } from './default-group-changed.ts'
import { floatingIpAcross } from './floating-ip-across.ts'
import { floatingIpForwarding } from './floating-ip-forwarding.ts'
import { floatingIpOnNode } from './floating-ip-on-node.ts'
import { floatingIpPool } from './floating-ip-pool.ts'
import { imageShared } from './image-shared.ts'
import { imageVisible } from './image-visible.ts'
import { mappingGivesBack } from './mapping-gives-back.ts'
import { networkPortSecurityOff } from './network-port-security-off.ts'
import { networkShared } from './network-shared.ts'
import { personTwoClusters } from './person-two-clusters.ts'
import { portAddressPairs } from './port-address-pairs.ts'
import { portForeignGroup } from './port-foreign-group.ts'
import { portForeignNetwork } from './port-foreign-network.ts'
import { portSecurityOff } from './port-security-off.ts'
import { projectQuotaUnlimited } from './project-quota-unlimited.ts'
import { rbacSharedAddressGroup } from './rbac-shared-address-group.ts'
import { rbacSharedAddressScope } from './rbac-shared-address-scope.ts'
import { rbacSharedNetwork } from './rbac-shared-network.ts'
import { rbacSharedSecurityGroup } from './rbac-shared-security-group.ts'
import { rbacSharedSubnetPool } from './rbac-shared-subnet-pool.ts'
import { routerTwoClusters } from './router-two-clusters.ts'
import { securityGroupOpen } from './security-group-open.ts'
import { securityGroupOtherCluster } from './security-group-other-cluster.ts'
import { securityGroupRemoteGroup } from './security-group-remote-group.ts'
import { serverFlavor } from './server-flavor.ts'
import { serverImage } from './server-image.ts'
import { serverKey } from './server-key.ts'
import { systemRole } from './system-role.ts'
import { trustImpersonation } from './trust-impersonation.ts'
import { volumeMultiattach } from './volume-multiattach.ts'
import { volumeTransferred } from './volume-transferred.ts'
import { volumeTypeAccess } from './volume-type-access.ts'
import { volumeTypeForeign } from './volume-type-foreign.ts'
import { volumeTypePublic } from './volume-type-public.ts'
import { volumeTypeUnencrypted } from './volume-type-unencrypted.ts'
import { volumeUnencrypted } from './volume-unencrypted.ts'

/**
 * Every rule of isolation. To add one: its file, a line here, its cases in `test/policies/isolation/rules.test.ts`, the way
 * to break it in `test/e2e/isolation-ways-*.ts`, and `node test/policies/isolation/table.ts` for the table in the docs.
 */
export const rules: readonly AnyRule[] = [
  rbacSharedNetwork,
  rbacSharedSecurityGroup,
  rbacSharedSubnetPool,
  rbacSharedAddressScope,
  rbacSharedAddressGroup,
  networkShared,
  networkPortSecurityOff,
  routerTwoClusters,
  portForeignNetwork,
  portForeignGroup,
  portSecurityOff,
  portAddressPairs,
  securityGroupOpen,
  securityGroupOtherCluster,
  securityGroupRemoteGroup,
  defaultGroupChanged,
  floatingIpPool,
  floatingIpOnNode,
  floatingIpAcross,
  floatingIpForwarding,
  volumeTransferred,
  volumeTypeForeign,
  volumeUnencrypted,
  volumeMultiattach,
  volumeTypeAccess,
  volumeTypePublic,
  volumeTypeUnencrypted,
  imageShared,
  imageVisible,
  projectQuotaUnlimited,
  serverFlavor,
  serverImage,
  serverKey,
  applicationCredentialUnrestricted,
  applicationCredentialNoExpiry,
  trustImpersonation,
  personTwoClusters,
  adminGranted,
  systemRole,
  mappingGivesBack
]
