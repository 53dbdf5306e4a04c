import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { ImageWall } from '../../../clients/glance/isolation.ts'
import type { ServerWall } from '../../../clients/nova/isolation.ts'
import { defineQuestion } from '../../shared/define-question.ts'
import type { Tools } from '../../shared/tools.ts'
import { readAllNetworks } from './all-networks.ts'
import { readAllPeople } from './all-people.ts'
import { readAllStorage } from './all-storage.ts'
import { knownByLane } from './known.ts'
import { loadIsolationMatrix } from './matrix.ts'
import type { MatrixParams } from './matrix-params.ts'
import { projectSubject } from './project.ts'
import { sweptOf } from './ranges.ts'
import { distinct } from './reading.ts'
import { serverSubject } from './server.ts'
import type { IsolationWorldAnswer, MatrixAnswer, Subject } from './subjects.ts'

type Params = MatrixParams & { readonly policy: string }

/**
 * Answers `isolation-world`: everything that is the clusters' or touches them, complete, or it rejects. The rest of the cloud
 * is not read. Servers of a cell that is down are `unknown`.
 */
export async function loadIsolationWorld({ policy, ...params }: Params, tools: Tools): Promise<IsolationWorldAnswer> {
  // What is busy is read before and after: a lane that worked in between may look different without being drift.
  const before = await tools.journal.busyLanes(policy)
  const [clients, clusters, matrix] = await Promise.all([
    tools.isolation(params.cloud),
    tools.clusters(),
    loadIsolationMatrix(params, tools, 0)
  ])
  const projects = new Set(matrix.clusters.map((cluster) => cluster.projectId))
  const typeIds = new Set(matrix.clusters.flatMap((cluster) => cluster.volumeTypes.map((type) => type.id)))
  const networkIds = matrix.clusters.flatMap((cluster) => cluster.networkIds)
  const [networks, storage, people, limits] = await Promise.all([
    readServersAndNetworks(clients, [...projects], networkIds, tools.journal),
    readAllStorage(clients, projects, typeIds, tools.journal),
    // Of every cluster: a role in one that is not kept apart is seen beside those in the others, as a person's lane sees it.
    readAllPeople(clients, new Set(clusters.map((cluster) => cluster.projectId))),
    Promise.all(matrix.clusters.map((one) => projectSubject({ id: one.projectId, name: one.projectName }, clients)))
  ])
  const [known, after] = await Promise.all([knownByLane(tools.journal, { policy }), tools.journal.busyLanes(policy)])
  // From now on what is new about these ranges came after them, and what is not was there at this sweep.
  await markSwept(matrix, params.cloud, tools.journal)
  const order = (one: Subject) => `${one.kind} ${one.id}`
  return {
    matrix,
    subjects: [...networks.subjects, ...storage, ...people.subjects, ...limits].sort((a, b) =>
      order(a) < order(b) ? -1 : 1
    ),
    unread: people.unread.sentences,
    unknown: [...networks.unknown, ...people.unread.kinds],
    known,
    busy: [...new Set([...before, ...after])]
  }
}

async function markSwept({ clusters }: MatrixAnswer, cloud: string, journal: Tools['journal']): Promise<void> {
  const fresh = clusters.flatMap(({ name, ranges, swept = {} }) =>
    ranges.flatMap((cidr) => (swept[cidr] === undefined ? `${sweptOf(cloud)}${name}/${cidr}` : []))
  )
  if (fresh.length === 0) return
  await journal.pinNames(
    sweptOf(cloud),
    fresh.map((key) => ({ key, id: 'seen', trouble: null }))
  )
}

async function readServersAndNetworks(
  clients: IsolationClients,
  projects: readonly string[],
  networkIds: readonly string[],
  journal: Tools['journal']
): Promise<{ readonly subjects: readonly Subject[]; readonly unknown: readonly string[] }> {
  const servers = (await Promise.all(projects.map((id) => clients.compute.listServers(id)))).flat()
  const [{ subjects, ports, networks }, images] = await Promise.all([
    readAllNetworks(clients, projects, networkIds, servers, journal),
    imagesOf(distinct(servers.map((server) => server.imageId)), clients)
  ])
  const [dark, told] = [servers.filter(isDark), servers.filter((server) => !isDark(server))]
  const found = told.map((server) => serverSubject(server, ports, networks, images.get(server.imageId ?? '') ?? null))
  return { subjects: [...subjects, ...found], unknown: dark.map(({ id }) => `server:${id}`) }
}

const isDark = (server: ServerWall) => server.status === 'UNKNOWN'

/** Name and owner of an image hardly ever change; many servers have the same. */
async function imagesOf(ids: readonly string[], { images, detail }: IsolationClients) {
  const found = await Promise.all(ids.map((id) => detail(`image ${id}`, () => images.getImage(id))))
  return new Map<string, ImageWall | null>(ids.map((id, n) => [id, found[n]!]))
}

/** Defines the question: what is there, all of it? */
export const isolationWorldQuestion = defineQuestion('isolation-world', loadIsolationWorld)
