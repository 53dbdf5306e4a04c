import type { PortWall } from '../../../clients/neutron/forms.ts'
import type { ServerHold } from '../../../clients/nova/changes.ts'
import type { Tools } from '../../shared/tools.ts'
import { type PortSettings, settingsOf } from './port-settings.ts'

/** What a quarantine changes of a server, as it was before: what a release restores, and what is held meanwhile. */
export type FormerServer = {
  readonly kind: 'quarantine'
  readonly serverId: string
  readonly projectId: string
  readonly locked: boolean
  /** Nova's status; only one that was `ACTIVE` is started again. */
  readonly status: string
  readonly ports: readonly (PortSettings & { readonly id: string; readonly projectId: string })[]
}

/** A server and its ports as they are now. */
export interface ServerNow {
  readonly server: ServerHold
  readonly ports: readonly PortWall[]
}

/** Reads the server and its ports as they are; null when it is gone. */
export async function readServerState(cloud: string, serverId: string, tools: Tools): Promise<ServerNow | null> {
  const { network } = await tools.isolation(cloud)
  const { compute } = await tools.remedies(cloud)
  const server = await compute.getHold(serverId)
  if (server === null) return null
  const ports = await network.listPorts({ by: { device_id: serverId } })
  // Whoever owns a port says of what device it is: one of another project is none of the server's.
  return { server, ports: ports.filter(({ projectId }) => projectId === null || projectId === server.projectId) }
}

const all = { portSecurityEnabled: true, securityGroups: [], allowedAddressPairs: [] }

/** Derives what an undo of a quarantine has to restore from a server as it is. */
export function formerOf({ server, ports }: ServerNow): FormerServer {
  return {
    ...{ kind: 'quarantine', serverId: server.id, projectId: server.projectId },
    ...{ locked: server.locked, status: server.status },
    ports: ports.map((port) => ({ id: port.id, projectId: port.projectId ?? '', ...settingsOf(port, all) }))
  }
}
