import type { Risk } from '../core/action.ts'
import { durationMs } from '../core/duration.ts'
import type { ApprovalRules, Budget, ClusterRules, CoolDown, GuardRules } from '../core/guard-rules.ts'
import { elapsed, wallTime } from './calendar.ts'
import type { WrittenConfig } from './schema.ts'

const ms = (text: string) => durationMs(text)!

/** One cluster's part of the guard's rules. */
function clusterRules(cluster: WrittenConfig['clusters'][string]): ClusterRules {
  const { timeZone } = cluster
  return {
    tier: cluster.tier,
    inFlight: cluster.inFlight ?? null,
    calendar: {
      timeZone,
      windows: cluster.windows.map((window) => ({
        name: window.name,
        policies: window.policies ?? null,
        risks: (window.risks as Risk[] | undefined) ?? null,
        times:
          window.always === true
            ? ('always' as const)
            : { from: window.from!, forMs: ms(window.for!), repeat: window.repeat ?? null }
      })),
      freezes: cluster.freezes.map((freeze) => ({
        name: freeze.name,
        times: {
          from: freeze.from,
          forMs:
            freeze.for === undefined
              ? elapsed(timeZone, wallTime(freeze.from)!, wallTime(freeze.until!)!)
              : ms(freeze.for),
          repeat: freeze.repeat ?? null
        }
      }))
    }
  }
}

/** Everything that the guard goes by. */
export function guardRules(written: WrittenConfig): GuardRules {
  const { deletes, isolation, budgets, coolDowns } = written.limits
  const share = { name: 'deletes', risk: 'delete', from: deletes.from, windowMs: ms(deletes.window) } as const
  return {
    clusters: Object.fromEntries(
      Object.entries(written.clusters).map(([name, cluster]) => [name, clusterRules(cluster)])
    ),
    budgets: [
      { ...share, share: deletes.share, gone: false },
      { ...share, share: deletes.gone, gone: true },
      { name: 'isolation', policy: 'isolation', most: isolation.most, windowMs: ms(isolation.window), each: 'scope' },
      ...budgets.map(({ window, most, share, from, ...match }) => {
        const limit = most === undefined ? { share: share!, from: from! } : { most }
        return { ...match, ...limit, windowMs: ms(window) } as Budget
      })
    ],
    coolDowns: coolDowns.map(({ for: time, ...match }) => ({ ...match, forMs: ms(time) }) as CoolDown)
  }
}

/** Makes the rules of approvals from what is written. */
export const approvalRules = ({ approvals }: WrittenConfig): ApprovalRules => ({
  expiresMs: ms(approvals.expires),
  tiers: approvals.tiers
})
