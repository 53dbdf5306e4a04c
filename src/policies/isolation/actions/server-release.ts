import { LeaseLost, Stopped } from '../../../core/failure.ts'
import { mark } from '../../../core/ownership.ts'
import { change, failed } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import { hasSettings, writeSettings } from './port-settings.ts'
import { findQuarantine } from './quarantine-group.ts'
import { type FormerServer, readServerState, type ServerNow } from './server-state.ts'

/** Input of `server-release`. */
export type ServerRelease = {
  readonly cloud: string
  readonly serverId: string
  readonly projectId: string
  /** What the quarantine found. */
  readonly former: FormerServer
}

/** Ends a quarantine: the former groups, address pairs and port security, unlocked and started where it was. */
export const serverRelease: DefinedAction<ServerRelease, 'update'> = defineAction({
  type: 'server-release',
  risk: 'update',
  async perform(input, context) {
    const { cloud, serverId, former } = input
    const doors = await context.tools.remedies(cloud)
    const description = mark(context.installId)
    const released = (port: ServerNow['ports'][number]) => {
      const before = former.ports.find(({ id }) => id === port.id)
      return before === undefined || hasSettings(port, settings(before))
    }
    const started = (status: string) => former.status !== 'ACTIVE' || status === 'ACTIVE'

    return change<ServerNow | null>(context, {
      read: () => readServerState(cloud, serverId, context.tools),
      // Of a server that is gone nothing is held any more.
      is: (now) =>
        now === null ||
        (now.ports.every(released) && (former.locked || !now.server.locked) && started(now.server.status)),
      objection: (now) => {
        const { name, locked, lockedReason } = now!.server
        if (former.locked || !locked || lockedReason?.startsWith(description)) return null
        return failed(
          `server ${name} stays in quarantine: it was locked by somebody else since (${lockedReason ?? 'no reason given'}); unlock it first`,
          false
        )
      },
      make: async (now, call) => {
        let requestId: string | null = null
        const projects = new Set<string>()
        for (const port of now!.ports) {
          const before = former.ports.find(({ id }) => id === port.id)
          if (before === undefined || released(port)) continue
          if (port.projectId !== null) projects.add(port.projectId)
          requestId = await writeSettings(doors.network, port, settings(before), call)
        }
        if (!former.locked && now!.server.locked) requestId = await doors.compute.unlock(serverId, call)
        if (!started(now!.server.status) && now!.server.status === 'SHUTOFF')
          requestId = await doors.compute.start(serverId, call)
        for (const project of projects) {
          const group = await findQuarantine(cloud, project, description, context.tools)
          if (group !== undefined) await doors.network.deleteGroup(group.id, call).catch(leftThere)
        }
        return requestId
      },
      meaning: ({ code, message }) =>
        code === 'SecurityGroupNotFound'
          ? failed(`server ${serverId} is not released: a security group that it had is gone by now; ${message}`)
          : null,
      already: `server ${serverId} was not in quarantine any more, or is gone`,
      done: `server ${serverId} is released: its former groups and address pairs${former.status === 'ACTIVE' ? ', started' : ''}`,
      inverse: () => ({
        type: 'server-quarantine',
        risk: 'update',
        input: { cloud, serverId, projectId: input.projectId }
      })
    })
  }
})

/** Refused while another server is in it: then it stays. A call that was not to be made is nothing like that. */
function leftThere(error: unknown): void {
  if (error instanceof Stopped || error instanceof LeaseLost) throw error
}

const settings = ({ portSecurityEnabled, allowedAddressPairs, securityGroups }: FormerServer['ports'][number]) => ({
  ...(portSecurityEnabled === undefined ? {} : { portSecurityEnabled }),
  ...(allowedAddressPairs === undefined ? {} : { allowedAddressPairs }),
  ...(securityGroups === undefined ? {} : { securityGroups })
})
