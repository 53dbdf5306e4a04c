import type { NetworkWall } from '../../clients/isolation/network-forms.ts'
import type { IsolationClients } from '../../clients/isolation.ts'
import type { ClusterClients, Tools } from '../tools.ts'
import type { MatrixParams } from './queries.ts'
import { distinct } from './reading.ts'
import type { MatrixAnswer, MatrixCluster, Named } from './subjects.ts'
import { findUsers } from './users.ts'

/** It takes a second or so to read, which nobody whose breach is to be closed should wait for. */
const renewMs = 15_000
const oldestMs = 60_000

/**
 * Answers `isolation-matrix`; rejects while anything of it cannot be read. Up to a minute old, and read again meanwhile, so that
 * neither a storm of events nor the first of them waits for it; only `now` never is old. `atMostMs` 0 reads it now.
 */
export async function loadIsolationMatrix(
  params: MatrixParams,
  tools: Pick<Tools, 'isolation' | 'clusters'>,
  atMostMs = oldestMs
): Promise<MatrixAnswer> {
  const { renewed } = await tools.isolation(params.cloud)
  const key = `matrix ${JSON.stringify(params)}`
  const matrix = await renewed(key, () => readMatrix(params, tools), renewMs, atMostMs)
  return { ...matrix, now: Date.now() }
}

async function readMatrix(
  params: MatrixParams,
  tools: Pick<Tools, 'isolation' | 'clusters'>
): Promise<Omit<MatrixAnswer, 'now'>> {
  const unresolved: string[] = []
  // Of what may be shared: where one of these is missing, a share that is meant looks like one that is not.
  const unshared: string[] = []
  const [clients, all] = await Promise.all([tools.isolation(params.cloud), tools.clusters()])
  const named = Object.entries(params.clusters).flatMap(([name, settings]) => {
    const cluster = all.find((one) => one.name === name)
    if (cluster === undefined) unresolved.push(`clusters.${name}: no cluster is called so`)
    return cluster === undefined ? [] : [{ cluster, settings }]
  })
  const ourProjects = distinct(named.map(({ cluster }) => cluster.projectId))
  const byName = distinct([...named.flatMap(({ settings }) => settings.networks ?? []), ...params.shared.networks])
  const { network, storage } = clients
  const [own, withName, withId, types, images, operators] = await Promise.all([
    network.listNetworks({ by: { project_id: ourProjects } }),
    network.listNetworks({ by: { name: byName } }),
    network.listNetworks({ by: { id: byName } }),
    volumeTypesNamed(params, clients),
    imagesNamed(params.shared.images, clients, unshared),
    findUsers(params.operators, null, clients, 'operators', unresolved)
  ])
  const candidates = [...new Map([...own, ...withName, ...withId].map((one) => [one.id, one])).values()]
  // Asked for by our projects: one that names none is one of ours all the same, and nobody knows whose.
  const unsaid = candidates.flatMap((one) =>
    (one.unsaid ?? []).map((field) => `Neutron does not say ${field} of network ${one.id}`)
  )
  const shared = networksOf(params.shared.networks, candidates, null, 'shared.networks', unshared)
  const networkIds = new Map(
    named.map(({ cluster, settings }) => [cluster.name, idsOf(cluster, settings.networks, candidates, unresolved)])
  )
  const subnets = await network.listSubnets({ by: { network_id: distinct([...networkIds.values()].flat()) } })
  const clusters = await Promise.all(
    named.map(async ({ cluster, settings }): Promise<MatrixCluster> => {
      const { name, projectId, projectName } = cluster
      const project = await clients.detail(`project ${projectId}`, () => clients.identity.getProject(projectId))
      if (project === null) unresolved.push(`clusters.${name}: cloud ${params.cloud} has no project ${projectId}`)
      else if (project.domainId === null)
        unresolved.push(`clusters.${name}: Keystone does not say the domain of project ${projectId}`)
      const domainId = project?.domainId ?? null
      const ids = networkIds.get(name)!
      return {
        ...{ name, projectId, projectName, domainId, networkIds: ids },
        ranges: distinct(subnets.flatMap((one) => (ids.includes(one.networkId) ? one.cidr : []))).sort(),
        volumeTypes: typesOf(settings.volumeTypes, types, `clusters.${name}.volumeTypes`, unresolved),
        admins: await adminsOf(settings.admins, domainId, name)
      }
    })
  )
  const sharedTypes = typesOf(params.shared.volumeTypes, types, 'shared.volumeTypes', unshared)
  const unknown = [...unshared, ...unsaid].sort()
  return {
    clusters,
    shared: { networkIds: shared, volumeTypes: sharedTypes, imageIds: images },
    operators,
    unresolved: [...unresolved, ...unknown].sort(),
    ...(unknown.length > 0 && { unsaid: unknown })
  }

  /** A bare name is of the project's domain: without that it is nobody's. */
  async function adminsOf(admins: readonly string[], domainId: string | null, name: string): Promise<string[]> {
    if (domainId === null) return []
    return await findUsers(admins, domainId, clients, `clusters.${name}.admins`, unresolved)
  }

  async function volumeTypesNamed(wanted: MatrixParams, { has }: IsolationClients): Promise<readonly Named[]> {
    const any = [...Object.values(wanted.clusters), wanted.shared].some((one) => one.volumeTypes.length > 0)
    return any && (await has('block-storage')) ? storage.listTypes() : []
  }
}

function idsOf(
  { name, projectId }: ClusterClients,
  networks: readonly string[] | null,
  candidates: readonly NetworkWall[],
  unresolved: string[]
): string[] {
  if (networks === null)
    return candidates.flatMap((one) => (one.projectId === projectId && !one.external ? one.id : [])).sort()
  return networksOf(networks, candidates, projectId, `clusters.${name}.networks`, unresolved)
}

/** By id, else by name: the project's own first. A name that several have means none of them. */
function networksOf(
  names: readonly string[],
  candidates: readonly NetworkWall[],
  projectId: string | null,
  where: string,
  unresolved: string[]
): string[] {
  return names.flatMap((name) => {
    const found = candidates.filter((one) => one.id === name || one.name === name)
    const own = found.filter((one) => one.projectId === projectId)
    const best = own.length > 0 ? own : found
    if (best.length === 1) return best[0]!.id
    unresolved.push(`${where}: ${best.length === 0 ? 'no network is' : `${best.length} networks are`} called ${name}`)
    return []
  })
}

function typesOf(names: readonly string[], types: readonly Named[], where: string, unresolved: string[]): Named[] {
  return names.flatMap((name) => {
    const found = types.find((one) => one.id === name) ?? types.find((one) => one.name === name)
    if (found === undefined) unresolved.push(`${where}: no volume type is called ${name}`)
    return found === undefined ? [] : { id: found.id, name: found.name }
  })
}

async function imagesNamed(
  names: readonly string[],
  { images }: IsolationClients,
  unresolved: string[]
): Promise<string[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const ids = (await images.findImages(name)).map((one) => one.id)
      if (ids.length === 0) unresolved.push(`shared.images: no image is called ${name}`)
      return ids
    })
  )
  return distinct(found.flat()).sort()
}
