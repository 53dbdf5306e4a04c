import type { FloatingIpUse } from '../../../src/clients/neutron/floating-ip-use.ts'
import type { HygieneSettings } from '../../../src/policies/server-hygiene/settings.ts'
import type { KnownSubject } from '../../../src/policies/server-hygiene/subject.ts'

export const day = 86_400_000
export const hour = 3_600_000
export const now = Date.parse('2026-06-30T12:00:00Z')

export const settings = (more: Partial<HygieneSettings> = {}): HygieneSettings => ({
  servers: { error: '1d', shutoff: '30d' },
  volumes: { unattached: '30d' },
  floatingIps: { unattached: '7d', release: '14d' },
  keep: 'keep',
  exempt: [],
  severity: 'medium',
  ...more
})

/** A floating IP that has been on nothing for a hundred days, as far as anybody knows. */
export const subject = (more: Partial<KnownSubject> = {}): KnownSubject => ({
  ...{ kind: 'floatingip', id: 'f1', project: 'p-dev', cluster: 'dev', name: '203.0.113.7' },
  ...{ state: 'unattached', doubt: null, revision: 3, keptBy: null, heldBy: [] },
  ...{ createdAt: now - 200 * day, changedAt: now - 100 * day, seenSince: now - 100 * day },
  ...more
})

/** The same as Neutron tells it. */
export const use = (more: Partial<FloatingIpUse> = {}): FloatingIpUse => ({
  ...{ id: 'f1', address: '203.0.113.7', projectId: 'p-dev', portId: null, fixedAddress: null, routerId: null },
  ...{ forwardings: 0, description: '', tags: [], dnsName: null, revision: 3 },
  ...{ createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-03-01T00:00:00Z' },
  ...more
})
