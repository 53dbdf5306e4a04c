import type { AddressPair, NetworkRemedies } from '../../../clients/neutron/changes.ts'
import type { PortWall } from '../../../clients/neutron/forms.ts'
import type { CallOptions } from '../../../clients/openstack/cloud.ts'

/** What of a port says who may talk to it. */
export type PortSettings = {
  readonly deviceOwner?: string
  readonly portSecurityEnabled?: boolean
  readonly allowedAddressPairs?: readonly { readonly ip: string; readonly mac: string | null }[]
  readonly securityGroups?: readonly string[]
}

/** Picks those settings of the port that `like` names. */
export function settingsOf(port: PortWall, like: PortSettings): PortSettings {
  const { deviceOwner, portSecurityEnabled, allowedAddressPairs, securityGroups } = like
  return {
    ...(deviceOwner === undefined ? {} : { deviceOwner: port.deviceOwner }),
    ...(portSecurityEnabled === undefined ? {} : { portSecurityEnabled: port.portSecurityEnabled }),
    ...(allowedAddressPairs === undefined ? {} : { allowedAddressPairs: pairsOf(port) }),
    ...(securityGroups === undefined ? {} : { securityGroups: port.securityGroups })
  }
}

/** Neutron writes the port's own MAC where none was given: that one is left out, or it would not fit another port. */
function pairsOf({ allowedAddressPairs, mac }: PortWall): AddressPair[] {
  return allowedAddressPairs.map((pair) => ({ ip: pair.ip, mac: pair.mac === mac ? null : pair.mac }))
}

/** Tells whether a port has these settings; order means nothing. */
export function hasSettings(port: PortWall, wanted: PortSettings): boolean {
  return sameSettings(settingsOf(port, wanted), wanted, port.mac)
}

function sameSettings(one: PortSettings, other: PortSettings, mac: string): boolean {
  const sorted = (values: readonly string[] | undefined) => JSON.stringify(values && [...values].sort())
  const pairs = ({ allowedAddressPairs }: PortSettings) =>
    sorted(allowedAddressPairs?.map((pair) => `${pair.ip} ${pair.mac === mac ? '' : (pair.mac ?? '')}`))
  return (
    one.deviceOwner === other.deviceOwner &&
    one.portSecurityEnabled === other.portSecurityEnabled &&
    sorted(one.securityGroups) === sorted(other.securityGroups) &&
    pairs(one) === pairs(other)
  )
}

/**
 * Writes settings in the order that Neutron demands: port security goes off with or after its groups and pairs, and comes
 * on with or before them. One request does both; what it does not name must not stand in its way.
 */
export async function writeSettings(
  doors: NetworkRemedies,
  port: PortWall,
  wanted: PortSettings,
  call: CallOptions
): Promise<string | null> {
  if (wanted.portSecurityEnabled !== false) return doors.updatePort(port.id, wanted, call)
  const bare = { ...wanted, securityGroups: [], allowedAddressPairs: [] }
  return doors.updatePort(port.id, bare, call)
}

/** Renders the settings in words. */
export function settingsText({
  deviceOwner,
  portSecurityEnabled,
  allowedAddressPairs,
  securityGroups
}: PortSettings): string {
  return [
    deviceOwner === undefined ? [] : [`device owner ${deviceOwner}`],
    portSecurityEnabled === undefined ? [] : [`port security ${portSecurityEnabled ? 'on' : 'off'}`],
    allowedAddressPairs === undefined
      ? []
      : [`address pairs ${allowedAddressPairs.map((pair) => pair.ip).join(', ') || 'none'}`],
    securityGroups === undefined ? [] : [`security groups ${securityGroups.join(', ') || 'none'}`]
  ]
    .flat()
    .join('; ')
}
