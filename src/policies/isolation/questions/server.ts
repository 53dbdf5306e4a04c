import type { ImageWall } from '../../../clients/glance/isolation.ts'
import type { NetworkWall, PortWall } from '../../../clients/neutron/forms.ts'
import type { ServerWall } from '../../../clients/nova/isolation.ts'
import { deviceOf } from './port.ts'
import { byId, distinct, type ReadOne } from './reading.ts'
import type { ServerSubject } from './subjects.ts'

/** Builds the subject of a server. */
export function serverSubject(
  server: ServerWall,
  ports: readonly PortWall[],
  networks: ReadonlyMap<string, NetworkWall>,
  image: ImageWall | null
): ServerSubject {
  return {
    kind: 'server',
    ...server,
    // Half a surrogate pair in a name has no canonical JSON, and so could not be journalled.
    name: server.name.toWellFormed(),
    imageName: image?.name ?? null,
    imageOwner: image?.projectId ?? null,
    ports: ports
      .filter((port) => port.deviceId === server.id && deviceOf(port, server) !== undefined)
      .map(({ id, networkId }) => ({ id, networkId, networkProjectId: networks.get(networkId)?.projectId ?? null }))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}

/** Of a server in a cell that is down Nova tells nothing to judge by: that is neither "gone" nor an answer. */
class UnknownServer extends Error {
  constructor(id: string) {
    super(`server ${id} is UNKNOWN: Nova cannot reach its cell; it is looked at again when the cell is back`)
  }
}

/** Reads one server with its ports and image; null where it is gone. Throws UnknownServer while Nova cannot say. */
export const readServer: ReadOne = async (id, { clients: { compute, network, images } }) => {
  const [server, ports] = await Promise.all([compute.getServer(id), network.listPorts({ by: { device_id: id } })])
  if (server === null) return null
  if (server.status === 'UNKNOWN') throw new UnknownServer(id)
  const [networks, image] = await Promise.all([
    network.listNetworks({ by: { id: distinct(ports.map((port) => port.networkId)) } }),
    server.imageId === null ? null : images.getImage(server.imageId)
  ])
  return serverSubject(server, ports, byId(networks), image)
}
