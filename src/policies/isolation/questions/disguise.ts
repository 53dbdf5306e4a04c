import type { PortWall } from '../../../clients/neutron/forms.ts'
import type { Tools } from '../../shared/tools.ts'

const page = 500
/** Neutron changes a port of its own a few times; whoever has it changed more often than these pages hold hides something. */
const mostPages = 10

/** Tells whether a port's `device_owner` claims that Neutron made the port. */
export const looksNeutrons = (port: Pick<PortWall, 'deviceOwner'>): boolean => port.deviceOwner.startsWith('network:')

/**
 * Finds what a port was before it said that Neutron made it for itself (`network:…`), which whoever owns the port's network may write on
 * it: Neutron filters nothing there any more, and the server behind it goes on. null: it never was a server's.
 */
export async function serversBefore(
  port: PortWall,
  named: Device | undefined | null,
  journal: Pick<Tools['journal'], 'events'>
): Promise<string | null> {
  if (!looksNeutrons(port) || port.projectId === null) return null
  if (named && named.projectId === port.projectId) return 'compute:nova'
  let before: number | undefined
  for (let n = 0; n < mostPages; n++) {
    const events = await journal.events({
      ...{ resource: port.id, limit: page },
      ...(before !== undefined && { before })
    })
    for (const { subject, data } of events) {
      const owner = (data as { readonly deviceOwner?: unknown } | null)?.deviceOwner
      if (subject === port.id && typeof owner === 'string' && owner.startsWith('compute:')) return owner
    }
    if (events.length < page) return null
    before = events.at(-1)!.seq
  }
  return 'compute:nova'
}

/** The server that uses a port: an amphora of Octavia is one of the service's own project. */
export interface Device {
  readonly projectId: string
  readonly name: string
}
