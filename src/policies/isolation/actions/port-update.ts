import type { PortWall } from '../../../clients/neutron/forms.ts'
import { change, failed, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import { hasSettings, type PortSettings, settingsOf, settingsText, writeSettings } from './port-settings.ts'

/** Input of `port-update`. */
export type PortUpdate = {
  readonly cloud: string
  readonly id: string
  readonly set: PortSettings
  /** What must be there now; it takes the change back. Settings that are left out do not matter. */
  readonly expects: PortSettings
}

/** Sets port security, address pairs or security groups of a port; itself with swapped sides takes it back. */
export const portUpdate: DefinedAction<PortUpdate, 'update'> = defineAction({
  type: 'port-update',
  risk: 'update',
  async perform({ cloud, id, set, expects }, context) {
    const { network } = await context.tools.isolation(cloud)
    const { network: doors } = await context.tools.remedies(cloud)
    if (
      set.portSecurityEnabled === false &&
      ((set.securityGroups?.length ?? 0) || (set.allowedAddressPairs?.length ?? 0))
    )
      return failed(`port ${id}: without port security there are neither security groups nor address pairs`, false)
    return change<PortWall | null>(context, {
      read: () => network.getPort(id),
      is: (now) => now !== null && hasSettings(now, set),
      objection: (now) => {
        if (now === null) return stale(`port ${id} does not exist any more`)
        if (hasSettings(now, expects)) return null
        const there = settingsText(settingsOf(now, expects))
        return stale(`port ${id} has ${there}; ${settingsText(expects)} was expected`)
      },
      make: (now, call) => writeSettings(doors, now!, set, call),
      meaning: ({ status, code, message }) => {
        if (code === 'PortSecurityAndIPRequiredForSecurityGroups' || code === 'AddressPairAndPortSecurityRequired')
          return failed(`port ${id} has no port security: set portSecurityEnabled along with it; ${message}`)
        if (status === 404 && code === 'SecurityGroupNotFound')
          return failed(`port ${id} is not changed: one of its security groups is gone by now; ${message}`)
        return null
      },
      already: `port ${id} had ${settingsText(set)} already`,
      done: `port ${id} has ${settingsText(set)}`,
      inverse: (before, after) => {
        // Port security that goes off takes groups and pairs along: they come back with it.
        const bare = set.portSecurityEnabled === false ? { securityGroups: [], allowedAddressPairs: [] } : {}
        const touched = { ...set, ...bare }
        return portUpdate.inverse({
          cloud,
          id,
          set: settingsOf(before!, touched),
          expects: settingsOf(after!, touched)
        })
      }
    })
  }
})
