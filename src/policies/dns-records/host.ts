import type { ResourceAnswer } from './questions/resource-answer.ts'
import type { DnsSettings } from './settings.ts'

/** The server or load balancer that addresses belong to, where its status lets it have records. */
export interface Host {
  /** The part of the settings that its own addresses are named by. */
  readonly part: 'fixed' | 'vip'
  readonly resource: string
  readonly name: string
  readonly projectName: string
  readonly cluster: string
  /** RFC 3339. */
  readonly created: string
  /** A sentence where only what is there already stays, and nothing new is made. */
  readonly keepOnly: string | null
}

interface Statuses {
  readonly wanted: readonly string[]
  /** It failed, or is on its way between wanted ones: keeps its records and gets no new ones. */
  readonly kept: readonly string[]
}

const serverStatuses: Statuses = {
  wanted: [
    'ACTIVE',
    'PAUSED',
    'SUSPENDED',
    'SHUTOFF',
    'SHELVED',
    'SHELVED_OFFLOADED',
    'RESIZE',
    'VERIFY_RESIZE',
    'REBUILD'
  ],
  kept: ['ERROR', 'REBOOT', 'HARD_REBOOT', 'MIGRATING', 'PASSWORD', 'RESCUE', 'REVERT_RESIZE']
}

/**
 * Every change of a listener or member puts a load balancer into PENDING_UPDATE, and nothing tells when that ends: its
 * address stands by then, and a name that had to wait would wait for the sweep.
 */
const loadBalancerStatuses: Statuses = {
  wanted: ['ACTIVE', 'PENDING_UPDATE'],
  kept: ['ERROR', 'PENDING_CREATE', 'PENDING_DELETE']
}

/** Finds whom the addresses of a resource belong to, or why there is nobody who gets records for them. */
export function hostOf(answer: ResourceAnswer, { optOut }: DnsSettings): Host | { readonly none: string } {
  const { server, loadBalancer } = answer
  const found = server ?? loadBalancer
  if (answer.status !== 'present' || found === undefined) return { none: answer.reason }
  const what = server === null ? `load balancer ${found.name || found.id}` : `server ${found.name}`
  if (found.optedOut) return { none: `${what} opted out by its ${server === null ? 'tag' : 'metadata'} ${optOut}=off` }
  const { wanted, kept } = server === null ? loadBalancerStatuses : serverStatuses
  const keeps = kept.includes(found.status)
  if (!keeps && !wanted.includes(found.status)) return { none: `${what} is ${found.status}: no records in this status` }
  const { resource, name, projectName, cluster, created } = found
  const keepOnly = keeps ? `${what} is ${found.status}: keeps what it has, gets nothing new` : null
  return { part: server === null ? 'vip' : 'fixed', resource, name, projectName, cluster, created, keepOnly }
}
