import type { Inverse } from '../../../core/action.ts'
import { mark } from '../../../core/ownership.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import { floatingIpPtr } from './floating-ip-ptr.ts'
import { floatingIpPtrUnset } from './floating-ip-ptr-unset.ts'

/** Input of `floating-ip-ptr-set`. */
export type FloatingIpPtrSet = {
  /** `floatingip/<project>/<id>`. */
  readonly resource: string
  readonly address: string
  readonly ptrdname: string
  readonly ttl: number | null
  /** The PTR that must be there now, ours; null: there must be none. */
  readonly expects: string | null
  readonly by: { readonly [record: string]: readonly string[] }
  readonly project: string
}

/** Sets the PTR of a floating IP through Designate's reverse API, as the project that owns the floating IP. */
export const floatingIpPtrSet: DefinedAction<FloatingIpPtrSet> = defineAction({
  type: 'floating-ip-ptr-set',
  async perform(input, context) {
    const { resource, address, ptrdname, ttl, by, project } = input
    const found = await floatingIpPtr(resource, context.tools)
    if (found.ptr === null) return { outcome: 'stale', reason: `floating IP ${address} is gone` }
    const { designate, id, ptr } = found
    const description = mark(context.installId)
    const applied = {
      target: context.target,
      scope: context.scope,
      value: { kind: 'floating-ptr', resource, ptrdname, by, project }
    }
    const ours = ptr.description === description
    if (ptr.ptrdname === ptrdname && ours)
      return { outcome: 'unchanged', applied, note: `PTR of ${address} was ${ptrdname} already` }
    if (ptr.ptrdname !== null && !ours)
      return { outcome: 'stale', reason: `PTR of ${address} is ${ptr.ptrdname}, without our mark` }
    if (ptr.ptrdname !== input.expects)
      return {
        outcome: 'stale',
        reason: `PTR of ${address} is ${ptr.ptrdname ?? 'not set'}; ${input.expects ?? 'none'} was expected`
      }
    const { expects, ...rest } = input
    const inverse: Inverse =
      expects === null
        ? floatingIpPtrUnset.inverse({ ...rest, expects: ptrdname }, 'delete')
        : floatingIpPtrSet.inverse({ ...input, ptrdname: expects, expects: ptrdname }, 'update')
    const call = { requestId: context.requestId, before: context.beforeChange }
    const { requestId } = await designate.setFloatingIpPtr(
      id,
      { ptrdname, description, ...(ttl === null ? {} : { ttl }) },
      call
    )
    for (let waited = 0, ms = 600; waited < 20_000; waited += ms, ms = Math.min(ms * 1.5, 3000)) {
      await context.sleep(ms)
      const now = await designate.getFloatingIpPtr(id)
      if (now?.ptrdname === ptrdname && now.status === 'ACTIVE')
        return { outcome: 'changed', applied, note: `PTR of ${address} is ${ptrdname}`, requestId, inverse }
      if (now?.status === 'ERROR') break
      // It went while it was named, and its PTR with it: the next try finds that out.
      if (now === null)
        return {
          outcome: 'retry',
          reason: `floating IP ${address} went meanwhile`,
          afterMs: 0,
          called: true,
          requestId
        }
    }
    const reason = `PTR of ${address} was set, but Designate does not serve it yet`
    return { outcome: 'retry', reason, afterMs: 10_000, called: true, applied, requestId }
  }
})
