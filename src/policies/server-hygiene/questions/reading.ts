import type { ClusterClients, Tools } from '../../shared/tools.ts'
import {
  type HygieneSubject,
  idleFloatingIp,
  idleServer,
  idleVolume,
  type KnownSubject,
  type ResourceKind
} from '../subject.ts'
import { heldBy } from './held-by.ts'
import { seenSince } from './memory.ts'

/** The policy that asks, and the word by which a project's own people keep something. */
interface Asking {
  readonly policy: string
  readonly keep: string
}

/** Reads one resource as its service has it now; null only where the service says that it does not exist. */
export async function readOne(
  kind: ResourceKind,
  id: string,
  cluster: ClusterClients,
  { policy, keep }: Asking,
  tools: Tools
): Promise<KnownSubject | null> {
  const subject = await readSubject(kind, id, cluster, keep)
  if (subject === null) return null
  const [known] = await remembered(policy, [subject], tools)
  return known!
}

/** Reads all of one project, complete, or it rejects. */
export async function readAll(
  cluster: ClusterClients,
  { policy, keep }: Asking,
  tools: Tools
): Promise<readonly KnownSubject[]> {
  const place = placeOf(cluster)
  const { has } = await tools.isolation(cluster.cloud)
  const [servers, volumes, uses] = await Promise.all([
    cluster.nova.listServers(),
    // A cloud without Cinder has no volumes.
    has('block-storage').then((there) => (there ? cluster.cinder.listVolumes() : [])),
    cluster.neutron.listFloatingIpUses(place.project)
  ])
  const own = servers.filter(({ projectId }) => projectId === place.project)
  return remembered(
    policy,
    [
      ...own.map((one) => idleServer(one, place, keep)),
      ...volumes.filter(({ projectId }) => projectId === place.project).map((one) => idleVolume(one, place, keep)),
      ...uses.map((one) => idleFloatingIp(one, place, keep))
    ],
    tools
  )
}

async function readSubject(
  kind: ResourceKind,
  id: string,
  cluster: ClusterClients,
  keep: string
): Promise<HygieneSubject | null> {
  const place = placeOf(cluster)
  if (kind === 'server') {
    const server = await cluster.nova.getServer(id)
    return server && idleServer(server, place, keep)
  }
  if (kind === 'volume') {
    const volume = await cluster.cinder.getVolume(id)
    return volume && idleVolume(volume, place, keep)
  }
  const use = await cluster.neutron.getFloatingIpUse(id)
  return use && idleFloatingIp(use, place, keep)
}

/** What others of us have to do with it is asked only of what could be released. */
async function remembered(
  policy: string,
  subjects: readonly HygieneSubject[],
  tools: Tools
): Promise<readonly KnownSubject[]> {
  const since = await seenSince(policy, subjects, tools)
  return Promise.all(
    subjects.map(async (subject, n) => {
      const spare = subject.kind === 'floatingip' && subject.state === 'unattached'
      return { ...subject, seenSince: since[n]!, heldBy: spare ? await heldBy(policy, subject, tools) : [] }
    })
  )
}

const placeOf = ({ projectId, name }: ClusterClients) => ({ project: projectId, cluster: name })
