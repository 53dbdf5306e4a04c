import type { PortSubject } from './questions/subjects.ts'

/**
 * Tells whether Neutron made a port for itself (routers, DHCP). Whoever owns a network may write `network:…` on any port there: one that
 * was a server's before stays a server's.
 */
export const isNeutrons = ({ deviceOwner, serversBefore }: PortSubject): boolean =>
  deviceOwner.startsWith('network:') && serversBefore === undefined
