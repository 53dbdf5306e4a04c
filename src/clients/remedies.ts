import type { Cloud } from './http.ts'
import { type ComputeRemedies, createComputeRemedies } from './remedies/compute.ts'
import { createIdentityRemedies, type IdentityRemedies } from './remedies/identity.ts'
import { createImageRemedies, type ImageRemedies } from './remedies/images.ts'
import { createNetworkRemedies, type NetworkRemedies } from './remedies/network.ts'
import { createStorageRemedies, type StorageRemedies } from './remedies/storage.ts'

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
