import { createStorageIsolation, type StorageIsolation } from '../cinder/isolation.ts'
import { createImageIsolation, type ImageIsolation } from '../glance/isolation.ts'
import { createIdentityIsolation, type IdentityIsolation } from '../keystone/identity.ts'
import { createNetworkIsolation, type NetworkIsolation } from '../neutron/isolation.ts'
import { type ComputeIsolation, createComputeIsolation } from '../nova/isolation.ts'
import { endpointUrl, type ServiceType } from '../openstack/catalogue.ts'
import type { Cloud } from '../openstack/cloud.ts'
import type { Quotas } from './quotas.ts'

/** Reads what isolates the projects of one cloud from each other, through an administrator's entry that sees all of them. */
export interface IsolationClients {
  /** The entry's name in clouds.yaml. */
  readonly cloud: string
  readonly network: NetworkIsolation
  readonly compute: ComputeIsolation
  readonly storage: StorageIsolation
  readonly images: ImageIsolation
  readonly identity: IdentityIsolation
  readonly quotas: Quotas
  /** Whether the catalogue has a service at all: without Cinder there are no volumes to read. */
  has(service: ServiceType): Promise<boolean>
  /**
   * What no list tells and has to be asked for one by one (members of an image, access to a volume type, credentials of a
   * user …): read again when it is older than `atMostMs`, by default ten minutes; 0 reads it now. Nothing tells that it changed:
   * neither an image's nor a type's `updated_at` moves with it. Each such change has a notification of its own, whose lane
   * reads fresh, so a sweep is ten minutes late at most, and only for what nobody told; after a start all is read. What is
   * not there (null) and what failed is not remembered.
   */
  detail<T>(key: string, read: () => Promise<T>, atMostMs?: number): Promise<T>
  /**
   * The same for what many wait for: beyond `renewMs` it is read again while the old answer still serves, and only beyond
   * `atMostMs` somebody waits. A renewal that fails changes nothing.
   */
  renewed<T>(key: string, read: () => Promise<T>, renewMs: number, atMostMs: number): Promise<T>
}

const detailMs = 10 * 60_000
const mostDetails = 20_000

/** Makes the clients of everything that isolation reads from one cloud. */
export function createIsolation(cloud: Cloud, quotas: Quotas, now: () => number = Date.now): IsolationClients {
  const details = new Map<string, { readonly at: number; readonly answer: Promise<unknown> }>()
  const renewing = new Set<string>()
  return {
    cloud: cloud.name,
    network: createNetworkIsolation(cloud),
    compute: createComputeIsolation(cloud),
    storage: createStorageIsolation(cloud),
    images: createImageIsolation(cloud),
    identity: createIdentityIsolation(cloud),
    quotas,
    has: async (service) => endpointUrl(cloud.entry, await cloud.catalogue(), service, 'any') !== null,
    detail,
    renewed<T>(key: string, read: () => Promise<T>, renewMs: number, atMostMs: number): Promise<T> {
      const known = details.get(key)
      const age = known === undefined ? Number.POSITIVE_INFINITY : Math.abs(now() - known.at)
      if (age < atMostMs && age >= renewMs && !renewing.has(key)) {
        renewing.add(key)
        const one = { at: now(), answer: read() }
        one.answer
          .then(
            () => {
              // Somebody who waited for it may have read it since.
              if ((details.get(key)?.at ?? 0) < one.at) details.set(key, one)
            },
            () => {}
          )
          .finally(() => renewing.delete(key))
      }
      return detail(key, read, atMostMs)
    }
  }

  function detail<T>(key: string, read: () => Promise<T>, atMostMs = detailMs): Promise<T> {
    const known = details.get(key)
    if (known !== undefined && Math.abs(now() - known.at) < atMostMs) return known.answer as Promise<T>
    const one = { at: now(), answer: read() }
    const forget = () => {
      if (details.get(key) === one) details.delete(key)
    }
    one.answer.then((answer) => {
      if (answer === null) forget()
    }, forget)
    // At its end again: the first ones are the oldest.
    details.delete(key)
    details.set(key, one)
    for (const [oldest, { at }] of details) {
      if (details.size <= mostDetails && Math.abs(now() - at) < detailMs) break
      details.delete(oldest)
    }
    return one.answer
  }
}
