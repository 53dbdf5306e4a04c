import type { QuotaSettings } from '../../../../src/policies/quota-rebalance/settings.ts'

type Group = QuotaSettings['groups'][string]

/** Settings with one group, `family`, of prod, infra and dev unless told otherwise; all else is the default. */
export const familySettings = (
  group: Pick<Group, 'resources'> & Partial<Group>,
  more: Partial<Omit<QuotaSettings, 'groups'>> = {}
): QuotaSettings => ({
  cloud: 'admin',
  respect: '1h',
  coolDown: '10m',
  warn: '24h',
  over: '6h',
  ...more,
  groups: {
    family: {
      projects: {
        prod: { priority: 100, weight: 1 },
        infra: { priority: 50, weight: 1 },
        dev: { priority: 10, weight: 1 }
      },
      together: [],
      ...group
    }
  }
})
