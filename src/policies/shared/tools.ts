import type { Cinder } from '../../clients/cinder/cinder.ts'
import type { IsolationClients } from '../../clients/cloud/isolation.ts'
import type { Quotas } from '../../clients/cloud/quotas.ts'
import type { RemedyClients } from '../../clients/cloud/remedies.ts'
import type { Designate, Zone } from '../../clients/designate/designate.ts'
import type { GitlabApi } from '../../clients/gitlab/gitlab.ts'
import type { Kubernetes } from '../../clients/kubernetes/kubernetes.ts'
import type { Neutron } from '../../clients/neutron/neutron.ts'
import type { Nova } from '../../clients/nova/nova.ts'
import type { Octavia } from '../../clients/octavia/octavia.ts'
import type { Journal } from '../../store/journal.ts'

/** A network as a cluster's project sees it. */
export interface NetworkName {
  readonly name: string
  /** The cluster whose project owns it, else that project's id; null: Neutron does not say. */
  readonly owner: string | null
}

/** One clouds.yaml entry with its clients, scoped to one project. */
export interface CloudClients {
  /** The entry's name in clouds.yaml. */
  readonly cloud: string
  readonly region: string
  readonly projectId: string
  readonly projectName: string
  readonly nova: Nova
  readonly cinder: Cinder
  readonly neutron: Neutron
  readonly designate: Designate
  readonly octavia: Octavia
  /** Of any project, with the rights of an administrator of quotas. */
  readonly quotas: Quotas
}

/** A configured cluster with the cloud entry that it is read through. */
export interface ClusterClients extends CloudClients {
  /** The cluster's name in reflex.yaml. */
  readonly name: string
}

/** What questions and actions may use; built once in `server.ts`. */
export interface Tools {
  /** ms since the epoch by the product's one clock, which is the journal's as well. */
  now(): number
  readonly clusterNames: readonly string[]
  /** The same for the clusters of one OpenStack alone. */
  within(openstack: string): Tools
  /** The OpenStack of a configured cluster; null: nothing says. */
  openstackOf(cluster: string): string | null
  /** null when the project is none of the configured clusters'. Rejects while a cluster's Keystone does not answer. */
  clusterOf(projectId: string): Promise<ClusterClients | null>
  clusters(): Promise<readonly ClusterClients[]>
  cloud(name: string): Promise<CloudClients>
  /** What keeps the projects of a cloud entry apart, as its administrator reads it. */
  isolation(name: string): Promise<IsolationClients>
  /** The clients that close what is open between the projects of a cloud entry, and undo that. */
  remedies(name: string): Promise<RemedyClients>
  /** The Kubernetes of a configured cluster; rejects with a sentence where it has none. */
  kubernetes(cluster: string): Promise<Kubernetes>
  /** GitLab's API; null where none is configured. */
  gitlab(): GitlabApi | null
  /** Network id → name and owner, as the cluster's project sees it; up to a minute old. */
  networkNames(cluster: ClusterClients): Promise<ReadonlyMap<string, NetworkName>>
  /** The zones of a cloud entry's project; up to ten seconds old. */
  zones(cloud: CloudClients): Promise<readonly Zone[]>
  /** Designate's limit of recordsets in a zone, null where it does not tell; up to a minute old. */
  recordsetQuota(cloud: CloudClients): Promise<number | null>
  /** What a cloud can bear of a resource (`Quotas.capacity`), which takes a call for each of its hosts; up to a minute old. */
  quotaCapacity(cloud: CloudClients, resource: string): Promise<number | null>
  readonly journal: Pick<
    Journal,
    | 'applied'
    | 'lanesAbout'
    | 'laneNow'
    | 'busyLanes'
    | 'installId'
    | 'actions'
    | 'eventAt'
    | 'events'
    | 'sample'
    | 'samples'
    | 'quotaRequests'
    | 'pins'
    | 'breaches'
    | 'lanes'
    | 'namePins'
    | 'pinNames'
  >
}
