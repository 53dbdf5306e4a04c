import { mark } from '../../../core/ownership.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import { floatingIpPtr } from './floating-ip-ptr.ts'

/** Input of `floating-ip-ptr-unset`. */
export type FloatingIpPtrUnset = {
  readonly resource: string
  readonly address: string
  /** The PTR that we set. */
  readonly expects: string
  /** What an undo sets again, beside the name. */
  readonly ttl: number | null
  readonly by: { readonly [record: string]: readonly string[] }
  readonly project: string
}

/** Takes back the PTR of a floating IP that we set, and forgets it. */
export const floatingIpPtrUnset: DefinedAction<FloatingIpPtrUnset> = defineAction({
  type: 'floating-ip-ptr-unset',
  async perform(input, context) {
    const { resource, address, expects } = input
    const { designate, id, ptr } = await floatingIpPtr(resource, context.tools)
    const applied = { target: context.target, scope: context.scope, value: null }
    const call = { requestId: context.requestId, before: context.beforeChange }
    if (ptr === null) {
      // A PTR outlives its floating IP, and can no more be read by it; but it can still be unset.
      try {
        const { requestId } = await designate.setFloatingIpPtr(id, null, call)
        return { outcome: 'changed', applied, note: `PTR of ${address} went with its floating IP`, requestId }
      } catch (error) {
        if ((error as { status?: number }).status !== 404) throw error
        return { outcome: 'unchanged', applied, note: `floating IP ${address} is gone, and its PTR with it` }
      }
    }
    if (ptr.ptrdname === null) return { outcome: 'unchanged', applied, note: `PTR of ${address} was gone already` }
    if (ptr.description !== mark(context.installId) || ptr.ptrdname !== expects)
      return { outcome: 'stale', reason: `PTR of ${address} is ${ptr.ptrdname}, not the ${expects} that we set` }
    const { requestId } = await designate.setFloatingIpPtr(id, null, call)
    const inverse = {
      type: 'floating-ip-ptr-set',
      risk: 'create',
      input: { ...input, ptrdname: expects, expects: null }
    } as const
    return { outcome: 'changed', applied, note: `PTR of ${address} (${expects}) is unset`, requestId, inverse }
  }
})
