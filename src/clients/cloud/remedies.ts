import { createStorageRemedies, type StorageRemedies } from '../cinder/changes.ts'
import { createImageRemedies, type ImageRemedies } from '../glance/changes.ts'
import { createIdentityRemedies, type IdentityRemedies } from '../keystone/changes.ts'
import { createNetworkRemedies, type NetworkRemedies } from '../neutron/changes.ts'
import { type ComputeRemedies, createComputeRemedies } from '../nova/changes.ts'
import type { Cloud } from '../openstack/cloud.ts'

/** What closes and opens the doors between the projects of one cloud, through an entry that may. */
export interface RemedyClients {
  readonly network: NetworkRemedies
  readonly compute: ComputeRemedies
  readonly storage: StorageRemedies
  readonly images: ImageRemedies
  readonly identity: IdentityRemedies
}

export function createRemedies(cloud: Cloud): RemedyClients {
  return {
    network: createNetworkRemedies(cloud),
    compute: createComputeRemedies(cloud),
    storage: createStorageRemedies(cloud),
    images: createImageRemedies(cloud),
    identity: createIdentityRemedies(cloud)
  }
}
