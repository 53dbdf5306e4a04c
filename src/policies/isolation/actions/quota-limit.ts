import type { QuotaCell, QuotaService } from '../../../core/quota.ts'
import { change, failed, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'

/** Input of `quota-set-limit`. */
export type QuotaSetLimit = {
  readonly cloud: string
  readonly service: QuotaService
  readonly projectId: string
  /** The service's own key of the quota. */
  readonly resource: string
  /** -1: none. */
  readonly to: number
  /** The limit that must be there now. */
  readonly expects: number
}

/** Sets one limit of a project; itself with swapped sides takes it back. */
export const quotaSetLimit: DefinedAction<QuotaSetLimit, 'update'> = defineAction({
  type: 'quota-set-limit',
  risk: 'update',
  async perform(input, context) {
    const { cloud, service, projectId, resource, to, expects } = input
    const { quotas } = await context.tools.isolation(cloud)
    const what = `${resource} of project ${projectId}`
    const text = (limit: number) => (limit === -1 ? 'without limit' : `limited to ${limit}`)
    return change<QuotaCell | undefined>(context, {
      read: async () => (await quotas.read(service, projectId))[resource],
      is: (now) => now?.limit === to,
      objection: (now) => {
        if (now === undefined) return failed(`${service} has no limit for ${resource}`, false)
        if (to !== -1 && now.used > to)
          return failed(
            `${what} cannot be ${text(to)}: ${now.used} are in use; free some, or set a limit that holds them`,
            false
          )
        if (now.limit === expects) return null
        return stale(`${what} is ${text(now.limit)}; ${text(expects)} was expected`)
      },
      make: async (_, call) => (await quotas.write(service, projectId, { [resource]: to }, call)).requestId,
      meaning: ({ status, message }) =>
        status === 400 || status === 409 ? failed(`${what} cannot be ${text(to)}: ${message}`) : null,
      already: `${what} was ${text(to)} already`,
      done: `${what} is ${text(to)}`,
      inverse: () => quotaSetLimit.inverse({ ...input, to: expects, expects: to })
    })
  }
})
