import type { Breach } from '../../../../src/core/breach.ts'
import type { BreachRow } from '../../../../src/store/policy-rows.ts'

/** dev's network is shared with prod; what is said of it may differ. */
export const breach = (more: Partial<Breach> = {}): Breach => ({
  rule: 'rbac-shared-network',
  detail: 'rbac-1',
  layer: 'network',
  severity: 'high',
  resource: 'network/p-dev/net-1',
  name: 'dev-net',
  from: 'dev',
  to: 'prod',
  summary: "dev's network dev-net is shared with prod",
  evidence: { rbac: 'rbac-1', target: 'p-prod' },
  state: 'open',
  because: 'rbac-shared-network is on observe',
  ...more
})

/** The same with its history, as the journal has it. */
export const row = (id: number, more: Partial<BreachRow> = {}): BreachRow => ({
  ...breach(),
  id,
  policy: 'isolation',
  lane: `network/p-dev/net-${id}`,
  since: 1000 * id,
  first: id,
  last: id + 1,
  userId: 'u-eve',
  userName: null,
  requestId: `req-${id}`,
  ended: null,
  ...more
})
