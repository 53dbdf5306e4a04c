import type { Check } from '../base/check.ts'
import { createCinder } from '../clients/cinder/cinder.ts'
import { createIsolation, type IsolationClients } from '../clients/cloud/isolation.ts'
import { createQuotas } from '../clients/cloud/quotas.ts'
import { createRemedies, type RemedyClients } from '../clients/cloud/remedies.ts'
import { createDesignate } from '../clients/designate/client.ts'
import { createGitlab } from '../clients/gitlab/gitlab.ts'
import type { BreakerOptions, BreakerState } from '../clients/http/breaker.ts'
import {
  connectKubernetes,
  type Kubernetes,
  type KubernetesSource,
  kubeconfigProblem
} from '../clients/kubernetes/kubernetes.ts'
import { createNeutron } from '../clients/neutron/neutron.ts'
import { createNova } from '../clients/nova/nova.ts'
import { createOctavia } from '../clients/octavia/octavia.ts'
import type { Cloud } from '../clients/openstack/cloud.ts'
import { loadCloud, parseCloud, problemText } from '../clients/openstack/clouds.ts'
import { connectCloud } from '../clients/openstack/http.ts'
import { OpenStackError } from '../clients/openstack/openstack-error.ts'
import type { Cluster } from '../config/config.ts'
import type { Environment } from '../config/load.ts'
import type { CloudClients, ClusterClients, Tools } from '../policies/shared/tools.ts'

/** Where cloud entries come from: clouds.yaml and `OS_*`, or the entries of a simulated cloud. */
export type CloudSource =
  | { readonly env: Environment; readonly cwd: string }
  | { readonly entries: Readonly<Record<string, unknown>> }

/** The options of the circuit breakers, with a listener for their state; the options are for tests. */
export interface Breakers extends BreakerOptions {
  readonly onBreaker?: (state: BreakerState) => void
}

/** Beside the clouds: the Kubernetes of those clusters that have one, by the cluster's name. */
export interface ToolOptions extends Breakers {
  readonly kubernetes?: Readonly<Record<string, KubernetesSource>>
  /** GitLab's API, to read what its webhooks claim. */
  readonly gitlab?: { readonly url: string; readonly token: string } | null
  /** What no credential plug-in is to find in its environment. */
  readonly secrets?: readonly string[]
  /** An entry that cannot be read any more is done without, not a mistake. */
  readonly withoutLost?: boolean
  readonly now?: () => number
}

/** A clock that is not this machine's. */
export interface OtherClock {
  readonly who: string
  /** Negative: behind ours. */
  readonly aheadMs: number
}

/** The outcome of building clients: the tools of policies, or all mistakes in the entries. */
export type BuiltTools =
  | {
      readonly ok: true
      readonly tools: Tools
      /** One for each service of each cloud entry, and each Kubernetes, that was called so far. */
      checks(): readonly Check[]
      /**
       * Mistakes that only Keystone's catalogue shows: regions of which none is named. An entry whose Keystone does not answer
       * in time has none; it is refused at its first question.
       */
      undecided(withinMs: number): Promise<readonly string[]>
      /** How far the clock of each cloud is ahead of ours, of those that say so in time. */
      clocks(withinMs: number): Promise<readonly OtherClock[]>
      /** Where the clouds' entries and certificates are, or may come to be. */
      files(): readonly string[]
      close(): void
    }
  | { readonly ok: false; readonly problems: readonly string[] }

const minuteMs = 60_000

/**
 * Builds the clients of every cloud entry that the configuration names, or lists all mistakes in those entries. Nothing is sent before the
 * first question: an OpenStack that is down keeps the product from acting, not from starting.
 */
export function buildTools(
  clusters: readonly Cluster[],
  moreClouds: readonly string[],
  source: CloudSource,
  journal: Tools['journal'],
  {
    onBreaker = () => {},
    kubernetes = {},
    gitlab = null,
    secrets = [],
    now = Date.now,
    withoutLost = false,
    ...breaker
  }: ToolOptions = {}
): BuiltTools {
  const problems: string[] = []
  const lost = new Map<string, string>()
  const files = new Set<string>()
  const clouds = new Map<string, Cloud>()
  for (const name of new Set([...clusters.map((cluster) => cluster.cloud), ...moreClouds])) {
    const found = entryOf(name, source, (path) => files.add(path))
    if (found.ok) clouds.set(name, connectCloud(found.cloud, { breaker, onBreaker }))
    else if (withoutLost) lost.set(name, found.problems.map(problemText).join('; '))
    else problems.push(...found.problems.map(problemText))
  }
  if (problems.length > 0) return { ok: false, problems }

  const noEntry = (name: string) =>
    lost.has(name)
      ? `cloud entry '${name}' is not used any more: ${lost.get(name)}`
      : `no cloud entry '${name}'; entries in use are: ${[...clouds.keys()].join(', ')}`

  const opened = new Map<string, { readonly clients: Promise<CloudClients>; done: boolean }>()
  /** Who we are in a cloud is asked once; a failure is asked again by the next question. */
  async function cloud(name: string): Promise<CloudClients> {
    const one = clouds.get(name)
    if (one === undefined) throw new Error(noEntry(name))
    const known = opened.get(name)
    if (known !== undefined) {
      // Who waits for what somebody else has asked is kept busy by it all the same.
      if (!known.done) one.enter()
      return known.clients
    }
    const opening = openClients(name, one)
    const entry = { clients: opening, done: false }
    opened.set(name, entry)
    opening.then(
      () => (entry.done = true),
      () => opened.delete(name)
    )
    return opening
  }

  const isolations = new Map<string, IsolationClients>()
  async function isolation(name: string): Promise<IsolationClients> {
    const { quotas } = await cloud(name)
    const known = isolations.get(name) ?? createIsolation(clouds.get(name)!, quotas)
    isolations.set(name, known)
    return known
  }

  const remedyClients = new Map<string, RemedyClients>()
  async function remedies(name: string): Promise<RemedyClients> {
    const one = clouds.get(name)
    if (one === undefined) throw new Error(noEntry(name))
    const known = remedyClients.get(name) ?? createRemedies(one)
    remedyClients.set(name, known)
    return known
  }

  const connected = new Map<string, Kubernetes>()
  // A mistake is told from the start, not with the first restart at night.
  const mistaken = new Map<string, string>()
  for (const [cluster, entry] of Object.entries(kubernetes))
    void kubeconfigProblem(entry).then((problem) => problem !== null && mistaken.set(cluster, problem))
  async function kubernetesOf(cluster: string): Promise<Kubernetes> {
    const known = connected.get(cluster)
    if (known !== undefined) return known
    const entry = Object.hasOwn(kubernetes, cluster) ? kubernetes[cluster] : undefined
    if (entry === undefined)
      throw new Error(
        `cluster '${cluster}' has no kubernetes: name its kubeconfig under clusters.${cluster}.kubernetes; clusters with one are: ${Object.keys(kubernetes).join(', ') || 'none'}`
      )
    const one = connectKubernetes(cluster, entry, { secrets, breaker, onBreaker })
    connected.set(cluster, one)
    return one
  }

  const clusterList = (some: readonly Cluster[]) =>
    Promise.all(
      some.map(async ({ name, cloud: entry }): Promise<ClusterClients> => ({ ...(await cloud(entry)), name }))
    )

  const remembered = new Map<string, { readAt: number; answer: Promise<unknown>; done: boolean }>()
  /** What hardly changes is not read for each decision; a failed read is not remembered, nor waited for uncounted. */
  async function remember<T>(what: string, entry: string, forMs: number, read: () => Promise<T>): Promise<T> {
    const key = `${what} ${entry}`
    const known = remembered.get(key)
    if (known !== undefined && Math.abs(now() - known.readAt) < forMs) {
      if (!known.done) clouds.get(entry)?.enter()
      return known.answer as Promise<T>
    }
    const answer = read()
    const made = { readAt: now(), answer, done: false }
    remembered.set(key, made)
    answer.then(
      () => (made.done = true),
      () => remembered.get(key) === made && remembered.delete(key)
    )
    return answer
  }

  const gitlabApi = gitlab === null ? null : createGitlab(gitlab)
  const scopes = new Map<string, Tools>()
  const toolsFor = (some: readonly Cluster[]): Tools => ({
    now,
    clusterNames: some.map((cluster) => cluster.name),
    clusters: () => clusterList(some),
    clusterOf: async (projectId) => onlyOne(projectId, await clusterList(some)),
    openstackOf: (cluster) => clusters.find(({ name }) => name === cluster)?.openstack ?? null,
    within(openstack) {
      const known = scopes.get(openstack) ?? toolsFor(clusters.filter((one) => one.openstack === openstack))
      scopes.set(openstack, known)
      return known
    },
    cloud,
    isolation,
    remedies,
    kubernetes: kubernetesOf,
    gitlab: () => gitlabApi,
    networkNames: ({ name, cloud: entry, neutron }) =>
      remember(`networks ${name}`, entry, minuteMs, async () => {
        // An id of a project says something within its own OpenStack only.
        const near = clusters.find((one) => one.name === name)?.openstack
        const beside = clusters.filter(({ openstack }) => openstack === near)
        const [networks, all] = await Promise.all([neutron.listNetworks(), clusterList(beside)])
        const owner = (id: string | null) => all.find(({ projectId }) => projectId === id)?.name ?? id
        return new Map(networks.map((one) => [one.id, { name: one.name, owner: owner(one.projectId) }]))
      }),
    // Another project may share a zone of its own with this one, and its people write there what they like: it is none of ours.
    zones: ({ cloud: entry, designate, projectId }) =>
      remember('zones', entry, minuteMs / 6, async () =>
        (await designate.listZones()).filter((zone) => zone.projectId === projectId)
      ),
    recordsetQuota: ({ cloud: entry, designate }) =>
      remember('quota', entry, minuteMs, async () => (await designate.quota())?.recordsetsPerZone ?? null),
    quotaCapacity: ({ cloud: entry, quotas }, resource) =>
      remember(`capacity ${resource}`, entry, minuteMs, () => quotas.capacity(resource)),
    journal
  })
  return {
    ok: true,
    tools: toolsFor(clusters),
    undecided: async (withinMs) => {
      const asked = [...clouds.values()].map((one) =>
        one.region({ timeoutMs: withinMs }).then(
          () => [],
          (error: unknown) =>
            error instanceof OpenStackError && error.code === 'undecided_region' ? [error.message] : []
        )
      )
      return (await Promise.all(asked)).flat()
    },
    clocks: async (withinMs) => {
      const byUrl = new Map([...clouds.values()].map((one) => [one.entry.authUrl, one]))
      const asked = [...byUrl].map(async ([url, one]): Promise<readonly OtherClock[]> => {
        const aheadMs = await one.clockNow({ timeoutMs: withinMs }).catch(() => null)
        return aheadMs === null ? [] : [{ who: `Keystone at ${url}`, aheadMs }]
      })
      return (await Promise.all(asked)).flat()
    },
    files: () => [...files],
    checks: () => [
      ...[...lost.keys()].map((name): Check => ({ name: `cloud ${name}`, level: 'warning', detail: noEntry(name) })),
      ...[...clouds.values()].flatMap((one) => one.breakers().map(breakerCheck)),
      ...[...mistaken]
        .filter(([cluster]) => !connected.has(cluster))
        .map(([cluster, detail]): Check => ({ name: `kubernetes ${cluster}`, level: 'warning', detail })),
      ...[...connected.values()].map((one) => kubernetesCheck(one.breaker()))
    ],
    close: () => {
      for (const one of clouds.values()) one.close()
      for (const one of connected.values()) one.close()
      gitlabApi?.close()
    }
  }
}

/** Two OpenStacks never make one id twice, but copies of one do: then nobody can tell whose project it is. */
function onlyOne(projectId: string, all: readonly ClusterClients[]): ClusterClients | null {
  const [one = null, other] = all.filter((cluster) => cluster.projectId === projectId)
  if (other === undefined) return one
  throw new Error(
    `project ${projectId} is that of ${one!.name} and of ${other.name} in another OpenStack: let policies say which (openstack: …)`
  )
}

/** A warning only: work waits in the journal, and the other services are none the worse. */
function breakerCheck({ cloud, service, open, sentence }: BreakerState): Check {
  return { name: `cloud ${cloud}/${service}`, level: open ? 'warning' : 'ok', detail: sentence }
}

/** Nothing else asks it: a single call that failed is what an operator has to know. */
function kubernetesCheck({ cloud, failures, sentence }: BreakerState): Check {
  return { name: `kubernetes ${cloud}`, level: failures > 0 ? 'warning' : 'ok', detail: sentence }
}

function entryOf(name: string, source: CloudSource, seen: (path: string) => void): ReturnType<typeof loadCloud> {
  if ('env' in source) return loadCloud(name, source.env, { cwd: source.cwd, seen })
  return parseCloud(name, source.entries[name], 'the simulated cloud')
}

async function openClients(name: string, cloud: Cloud): Promise<CloudClients> {
  const [region, projectId, projectName] = await Promise.all([cloud.region(), cloud.projectId(), cloud.projectName()])
  return {
    cloud: name,
    region: region ?? '',
    projectId,
    projectName,
    nova: createNova(cloud),
    cinder: createCinder(cloud),
    neutron: createNeutron(cloud),
    designate: createDesignate(cloud),
    octavia: createOctavia(cloud),
    quotas: createQuotas(cloud)
  }
}
