import { createStorageRemedies, type StorageRemedies } from '../cinder/changes.ts'
import { createImageRemedies, type ImageRemedies } from '../glance/changes.ts'
import { createIdentityRemedies, type IdentityRemedies } from '../keystone/changes.ts'
import { createNetworkRemedies, type NetworkRemedies } from '../neutron/changes.ts'
import { type ComputeRemedies, createComputeRemedies } from '../nova/changes.ts'
import type { Cloud } from '../openstack/cloud.ts'

/** Closes breaches of isolation between the projects of one cloud, and opens them again, through an entry whose role allows it. */
export interface RemedyClients {
  readonly network: NetworkRemedies
  readonly compute: ComputeRemedies
  readonly storage: StorageRemedies
  readonly images: ImageRemedies
  readonly identity: IdentityRemedies
}

/** Makes the clients of everything that closes a breach in one cloud. */
export function createRemedies(cloud: Cloud): RemedyClients {
  return {
    network: createNetworkRemedies(cloud),
    compute: createComputeRemedies(cloud),
    storage: createStorageRemedies(cloud),
    images: createImageRemedies(cloud),
    identity: createIdentityRemedies(cloud)
  }
}
