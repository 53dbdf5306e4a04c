import type { FloatingIpAnswer } from './floating-ip-answer.ts'
import type { Called } from './networks-called.ts'
/** The server, load balancer or floating IP behind a resource id, as far as policies may know it. */
export interface ResourceAnswer {
  readonly resource: string
  readonly project: string
  /**
   * `gone` only on a 404 for this very id. `unknown`: it may well exist, but we may not or cannot see it (a project of
   * no cluster of ours, Nova's UNKNOWN servers of a cell that is down). What could not be read is an error, no answer.
   */
  readonly status: 'present' | 'gone' | 'unknown'
  /** One sentence on what was found. */
  readonly reason: string
  /** It is there and cannot be read right now: what it wants is told later, and nobody may take its place meanwhile. */
  readonly passing?: true
  readonly server: ServerAnswer | null
  /** The load balancer itself, or the one that a floating IP leads to; left out where there is none. */
  readonly loadBalancer?: LoadBalancerAnswer
  /** Of the server; of a load balancer the one with its VIP. */
  readonly ports: readonly PortAnswer[]
  readonly floatingIps: readonly FloatingIpAnswer[]
  /** What names of networks mean that the settings have without an owner. Left out: it was not asked. */
  readonly networksCalled?: Readonly<Record<string, Called>>
}

/** A server as a resource lane reads it. */
export interface ServerAnswer {
  readonly resource: string
  readonly id: string
  readonly name: string
  readonly status: string
  readonly projectName: string
  readonly cluster: string
  readonly optedOut: boolean
  readonly created: string
}

/** A port with its addresses, as a resource lane reads it. */
export interface PortAnswer {
  readonly id: string
  readonly network: string
  readonly networkName: string
  /** The cluster whose project owns the network, else that project's id; null: it is not said. Left out: it was not asked. */
  readonly networkOwner?: string | null
  readonly addresses: readonly string[]
  /** Whether it is this server's cannot be told, in a sentence: its addresses keep what they have and get nothing new. */
  readonly unclear?: string
}

/** A load balancer as a resource lane reads it. */
export interface LoadBalancerAnswer {
  readonly resource: string
  readonly id: string
  readonly name: string
  /** Octavia's provisioning status. */
  readonly status: string
  readonly projectName: string
  readonly cluster: string
  readonly optedOut: boolean
  readonly created: string
  /** Whether Octavia sends notifications about it: the OVN provider's have none. */
  readonly notifies: boolean
}
