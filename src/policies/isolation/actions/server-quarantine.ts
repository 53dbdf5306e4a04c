import type { ActionContext, Result } from '../../../core/action.ts'
import { mark } from '../../../core/ownership.ts'
import { failed, refusalOf, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import type { Tools } from '../../shared/tools.ts'
import { pollMs, watchMs } from '../../shared/watching.ts'
import { hasSettings } from './port-settings.ts'
import { ensureQuarantine, findQuarantine, quarantineName } from './quarantine-group.ts'
import { serverRelease } from './server-release.ts'
import { type FormerServer, formerOf, readServerState, type ServerNow } from './server-state.ts'

/** Input of `server-quarantine`. */
export type ServerQuarantine = {
  readonly cloud: string
  readonly serverId: string
  /** The server's project. */
  readonly projectId: string
}

/**
 * Cuts a server off: a group without rules on all of its ports, no address pairs, locked, stopped. What it was before is
 * written into the journal first (the first attempt does nothing else), so that no crash can lose what a release restores.
 * What the server's own people wrote on it (its metadata) protects it from nothing.
 */
export const serverQuarantine: DefinedAction<ServerQuarantine, 'update'> = defineAction({
  type: 'server-quarantine',
  risk: 'update',
  async perform(input, context) {
    const { cloud, serverId, projectId } = input
    const { target, scope, tools } = context
    const now = await readServerState(cloud, serverId, tools)
    if (now === null) {
      if ((await written(context)) === null) return stale(`server ${serverId} does not exist any more`)
      const note = `server ${serverId} is gone, and its quarantine with it`
      return { outcome: 'unchanged', applied: { target, scope, value: null }, note }
    }
    const refused = refuse(now, projectId)
    if (refused !== null) return refused

    const former = await written(context)
    if (former === null) {
      const reason = `what server ${now.server.name} is now is written down before anything of it is changed`
      const applied = { target, scope, value: formerOf(now) }
      return { outcome: 'retry', reason, afterMs: 0, called: false, applied }
    }
    // A port that came since, or that Nova made again.
    const fresh = formerOf(now).ports.filter((port) => former.ports.every(({ id }) => id !== port.id))
    const value: FormerServer = { ...former, ports: [...former.ports, ...fresh] }
    const inverse = serverRelease.inverse({ ...input, former: value })
    try {
      const cut = await cutOff(input, now, context)
      if ('outcome' in cut) return cut.outcome === 'retry' ? { ...cut, applied: { target, scope, value } } : cut
      const applied = { target, scope, value }
      const what = `server ${now.server.name} (${serverId})`
      if (!cut.changed) return { outcome: 'unchanged', applied, note: `${what} was in quarantine already`, inverse }
      const note = `${what} is in quarantine: ${quarantineName} on ${now.ports.length} ports, locked, ${cut.status}`
      return { outcome: 'changed', applied, note, requestId: cut.requestId, inverse }
    } catch (error) {
      const meant = refusalOf(error, {})
      if (meant === null) throw error
      return meant
    }
  }
})

function refuse({ server }: ServerNow, projectId: string): Result | null {
  if (server.projectId !== projectId)
    return stale(`server ${server.id} is of project ${server.projectId}, not of ${projectId}`)
  if (server.status === 'UNKNOWN')
    return {
      outcome: 'retry',
      reason: `Nova does not know server ${server.id} now: its cell is down`,
      ...{ afterMs: 30_000, called: false }
    }
  return null
}

/** What an attempt before this one wrote down. */
async function written({ tools, target }: ActionContext<Tools>): Promise<FormerServer | null> {
  const [row] = await tools.journal.applied({ targets: [target] })
  const value = row?.value as Partial<FormerServer> | null | undefined
  return value?.kind === 'quarantine' ? (value as FormerServer) : null
}

interface Cut {
  readonly changed: boolean
  readonly requestId: string | null
  readonly status: string
}

/** Network first: it is what harms others. */
async function cutOff(
  { cloud, serverId }: ServerQuarantine,
  { server, ports }: ServerNow,
  context: ActionContext<Tools>
): Promise<Cut | Result> {
  const { tools } = context
  const { network } = await tools.isolation(cloud)
  const doors = await tools.remedies(cloud)
  const description = mark(context.installId)
  const call = { requestId: context.requestId, before: context.beforeChange }
  let requestId: string | null = null
  let changed = false
  const wanted = (group: string) => ({
    portSecurityEnabled: true,
    securityGroups: [group],
    allowedAddressPairs: [] as const
  })

  const nobodys = ports.find((port) => port.projectId === null)
  if (nobodys !== undefined)
    return failed(`Neutron does not say which project port ${nobodys.id} belongs to, and a group is one project's`)
  for (const project of new Set(ports.map((port) => port.projectId!))) {
    const there = await findQuarantine(cloud, project, description, tools)
    const clean = there !== undefined && there.rules.length === 0
    const group = clean ? there.id : await ensureQuarantine(cloud, project, description, tools, call)
    for (const port of ports) {
      if (port.projectId !== project || hasSettings(port, wanted(group))) continue
      requestId = await doors.network.updatePort(port.id, wanted(group), call)
      changed = true
      const after = await network.getPort(port.id)
      if (after !== null && !hasSettings(after, wanted(group)))
        return failed(`port ${port.id} did not take the group ${quarantineName}: it has ${after.securityGroups}`)
    }
  }
  if (!server.locked) {
    requestId = await doors.compute.lock(serverId, `${description}: quarantine`, call)
    changed = true
  }
  if (server.status === 'ACTIVE') {
    requestId = await doors.compute.stop(serverId, call)
    changed = true
  }
  if (!changed) return { changed, requestId, status: server.status }
  for (let waited = 0, poll = 0; ; poll++) {
    const now = await doors.compute.getHold(serverId)
    if (now === null) return stale(`server ${serverId} was deleted meanwhile`)
    if (now.locked && now.status !== 'ACTIVE') return { changed, requestId, status: now.status }
    if (waited >= watchMs) {
      const reason = `server ${now.name} is cut off and locked, but ${now.status} still, ${waited / 1000} s after it was told to stop`
      return { outcome: 'retry', reason, afterMs: 10_000, called: true, requestId }
    }
    const ms = pollMs(poll)
    await context.sleep(ms)
    waited += ms
  }
}
