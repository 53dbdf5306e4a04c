import { portUpdate } from '../actions/port-update.ts'
import { isNeutrons } from '../neutrons-own.ts'
import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds a port of a cluster with port security switched off. */
export const portSecurityOff: Rule<'port'> = {
  name: 'port-security-off',
  layer: 'network',
  kind: 'port',
  severity: 'high',
  mode: 'enforce',
  cuts: true,
  what: 'A port of a cluster has port security switched off',
  why: 'What is behind it may send under any address, also those of others, and no security group filters it',
  events: ['port.create.end', 'port.update.end'],
  proof: 'GET /v2.0/ports/{id}: port_security_enabled',
  remedy:
    'Switches port security on again. The port has no security group then, so that nothing comes in until it gets one',
  undo: 'Switches it off',
  judge(port, world) {
    const owner = world.clusterOf(port.projectId)
    // Neutron's own ports (routers, DHCP) never have it.
    if (owner === null || isNeutrons(port) || (port.portSecurityEnabled && port.serversBefore === undefined)) return []
    const summary = `port ${called(port)} of ${owner.name} (${port.deviceName ?? (port.deviceOwner || 'unused')}) has port security off${port.serversBefore === undefined ? '' : `: it is a server’s (${port.serversBefore}), and its device_owner says that it is Neutron’s own, which is never filtered`}`
    const evidence = { port: port.id, portSecurityEnabled: false, device: port.deviceId, deviceOwner: port.deviceOwner }
    return [{ detail: '', from: owner.name, to: owner.name, summary, evidence }]
  },
  close: ({ id, deviceOwner, serversBefore }, { from }, world) => [
    world.step(
      portUpdate,
      { cluster: from, on: `port/${id}/port-security` },
      {
        id,
        ...(serversBefore === undefined
          ? { set: { portSecurityEnabled: true }, expects: { portSecurityEnabled: false } }
          : { set: { deviceOwner: serversBefore, portSecurityEnabled: true }, expects: { deviceOwner } })
      }
    )
  ]
}
