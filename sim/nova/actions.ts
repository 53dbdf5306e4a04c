import type { Context } from '../notify.ts'
import type { Flavor, Server, State } from '../state.ts'
import { type Call, isAdmin, type Refusal, type Reply, text, tree } from '../wire.ts'
import type { NovaNotifier } from './notifications.ts'
import { checkNovaQuota } from './quotas.ts'

/** What an action needs of Nova. */
export interface ActionTools {
  readonly state: State
  readonly notifier: NovaNotifier
  /** Changes the state and tells of it. */
  settle(context: Context, target: Server, change: Partial<Pick<Server, 'vmState' | 'taskState'>>): void
  /** A share of the boot time later. */
  later(share: number, act: () => void): void
  refuse(status: number, message: string): Refusal
}

/** `POST /servers/{id}/action`: power, locks, shelving, resizing. */
export function createActions({ state, notifier, settle, later, refuse }: ActionTools) {
  return (call: Call, context: Context, target: Server): Reply => {
    const [verb = ''] = Object.keys(call.body)

    function needs(...allowed: Server['vmState'][]): void {
      if (allowed.includes(target.vmState) && target.taskState === null) return
      const name = verb.replace('os-', '')
      throw refuse(409, `Cannot '${name}' instance ${target.id} while it is in vm_state ${target.vmState}`)
    }

    /** Begins a task and ends it after a while, unless the server is gone by then. */
    function task(name: string, done: () => void): Reply {
      settle(context, target, { taskState: name })
      later(0.2, () => {
        if (state.servers.has(target.id) && target.taskState === name) done()
      })
      return { status: 202 }
    }

    function turn(name: string, notified: string, vmState: 'active' | 'stopped'): Reply {
      return task(name, () => {
        notifier.action(context, target, `${notified}.start`)
        settle(context, target, { vmState, taskState: null })
        notifier.action(context, target, `${notified}.end`)
      })
    }

    function shelve(): Reply {
      return task('shelving', () => {
        notifier.action(context, target, 'shelve.start')
        settle(context, target, { taskState: 'shelving_image_uploading' })
        settle(context, target, { vmState: 'shelved', taskState: 'shelving_offloading' })
        notifier.action(context, target, 'shelve.end')
        notifier.action(context, target, 'shelve_offload.start')
        settle(context, target, { vmState: 'shelved_offloaded', taskState: null })
        notifier.action(context, target, 'shelve_offload.end')
      })
    }

    function unshelve(): Reply {
      return task('unshelving', () => {
        notifier.action(context, target, 'unshelve.start')
        settle(context, target, { taskState: 'spawning' })
        settle(context, target, { vmState: 'active', taskState: null })
        notifier.action(context, target, 'unshelve.end')
      })
    }

    function resize(): Reply {
      const id = text(tree(call.body.resize).flavorRef)
      const flavor = state.flavors.get(id ?? '')
      if (!flavor) throw refuse(400, `Flavor ${id} could not be found.`)
      if (flavor.id === target.flavor.id) throw refuse(400, 'When resizing, instances must change flavor!')
      checkNovaQuota(state, target.projectId, { instances: 0, from: target.flavor, to: flavor }, refuse)
      return task('resize_prep', () => {
        notifier.resizePrep(context, target, flavor)
        settle(context, target, { taskState: 'resize_migrating' })
        notifier.action(context, target, 'resize.start', { addresses: true })
        settle(context, target, { taskState: 'resize_migrated' })
        notifier.action(context, target, 'resize.end', { addresses: true })
        const before = target.flavor
        Object.assign(target, { flavor, resizedFrom: before })
        settle(context, target, { taskState: 'resize_finish' })
        notifier.action(context, target, 'finish_resize.start', { addresses: true, versioned: 'resize_finish.start' })
        settle(context, target, { vmState: 'resized', taskState: null })
        notifier.action(context, target, 'finish_resize.end', { addresses: true, versioned: 'resize_finish.end' })
      })
    }

    function endResize(name: 'confirm' | 'revert', flavor: Flavor): Reply {
      return task(name === 'confirm' ? 'resize_confirming' : 'resize_reverting', () => {
        notifier.action(context, target, `resize.${name}.start`, { versioned: `resize_${name}.start` })
        Object.assign(target, { flavor, resizedFrom: null })
        settle(context, target, { vmState: 'active', taskState: null })
        const addresses = name === 'confirm'
        notifier.action(context, target, `resize.${name}.end`, { addresses, versioned: `resize_${name}.end` })
      })
    }

    // A lock binds everybody but administrators.
    if (target.locked && !isAdmin(call.token) && verb !== 'lock' && verb !== 'unlock')
      throw refuse(409, `Instance ${target.id} is locked`)
    switch (verb) {
      case 'os-stop':
        needs('active')
        return turn('powering-off', 'power_off', 'stopped')
      case 'os-start':
        needs('stopped')
        return turn('powering-on', 'power_on', 'active')
      case 'reboot':
        needs('active')
        return turn('rebooting', 'reboot', 'active')
      case 'lock':
        Object.assign(target, { locked: true, lockedByAdmin: isAdmin(call.token) })
        target.lockedReason = text(tree(call.body.lock).locked_reason)
        notifier.versionedOnly(context, target, verb)
        return { status: 202 }
      case 'unlock':
        if (target.locked && target.lockedByAdmin && !isAdmin(call.token)) {
          const rule = 'os_compute_api:os-lock-server:unlock:unlock_override'
          throw refuse(403, `Policy doesn't allow ${rule} to be performed.`)
        }
        Object.assign(target, { locked: false, lockedByAdmin: false, lockedReason: null })
        notifier.versionedOnly(context, target, verb)
        return { status: 202 }
      case 'shelve':
        needs('active', 'stopped')
        return shelve()
      case 'unshelve':
        needs('shelved', 'shelved_offloaded')
        return unshelve()
      case 'resize':
        needs('active', 'stopped')
        return resize()
      case 'confirmResize':
        needs('resized')
        return { ...endResize('confirm', target.flavor), status: 204 }
      case 'revertResize':
        needs('resized')
        return endResize('revert', target.resizedFrom ?? target.flavor)
      default:
        throw refuse(400, `There is no such action: ${verb}`)
    }
  }
}
