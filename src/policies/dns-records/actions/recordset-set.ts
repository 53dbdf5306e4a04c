import type { Designate, Recordset } from '../../../clients/designate/designate.ts'
import type { ActionContext, Inverse, Result } from '../../../core/action.ts'
import { mark, sameRecords } from '../../../core/ownership.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import type { Tools } from '../../shared/tools.ts'
import { recordsetDelete } from './recordset-delete.ts'
import { settled } from './recordset-settled.ts'

/** Input of `recordset-set`. */
export type RecordsetSet = {
  readonly cloud: string
  readonly zone: string
  readonly zoneId: string
  readonly name: string
  readonly type: string
  readonly records: readonly string[]
  readonly ttl: number | null
  /** The records that must be there now; null: there must be no recordset. */
  readonly expects: readonly string[] | null
  /** Record → resources that it rests on; remembered with what was applied. */
  readonly by: { readonly [record: string]: readonly string[] }
  readonly project: string
}

/** Creates a recordset with our mark or replaces the records of one of ours, and waits until Designate serves it. */
export const recordsetSet: DefinedAction<RecordsetSet> = defineAction({
  type: 'recordset-set',
  async perform(input, context) {
    const { designate } = await context.tools.cloud(input.cloud)
    const written = await write(input, designate, context)
    if ('outcome' in written) return written
    const { recordset, changed, requestId } = written

    const { zone, name, type, records, by, project } = input
    const { target, scope } = context
    // Ours from here on, whether it is served already or not.
    const applied = { target, scope, value: { kind: 'recordset', zone, name, type, records, by, project } }
    const failure = await settled(designate, recordset, context.sleep)
    if (failure?.outcome === 'retry') return { ...failure, applied, requestId }
    if (failure !== null) return failure
    const what = `${name} ${type} [${records.join(', ')}]`
    const note = changed ? `${what} is served` : `${what} was there already`
    if (!changed) return { outcome: 'unchanged', applied, note }
    return { outcome: 'changed', applied, note, requestId, inverse: inverseOf(input) }
  }
})

/** What was made goes; what was replaced comes back. */
function inverseOf({ expects, ...input }: RecordsetSet): Inverse {
  if (expects === null) return recordsetDelete.inverse({ ...input, expects: input.records }, 'delete')
  return recordsetSet.inverse({ ...input, records: expects, expects: input.records }, 'update')
}

interface Written {
  readonly recordset: Recordset
  readonly changed: boolean
  readonly requestId: string | null
}

async function write(
  input: RecordsetSet,
  designate: Designate,
  context: ActionContext<Tools>
): Promise<Written | Result> {
  const { zoneId, name, type, ttl, expects } = input
  const wanted = [...input.records].sort()
  const description = mark(context.installId)
  const find = async () =>
    (await designate.listRecordsets(zoneId, { name, type })).find(
      (one) => one.name.toLowerCase() === name && one.type === type
    )
  const stale = (reason: string): Result => ({ outcome: 'stale', reason: `${name} ${type} ${reason}` })
  const timeToLive = ttl === null ? {} : { ttl }

  const there = await find()
  if (there === undefined) {
    if (expects !== null) return stale(`is gone; [${expects.join(', ')}] was expected`)
    const call = { requestId: context.requestId, before: context.beforeChange }
    try {
      const { value, requestId } = await designate.createRecordset(
        zoneId,
        { name, type, records: wanted, description, ...timeToLive },
        call
      )
      return { recordset: value, changed: true, requestId }
    } catch (error) {
      // A Designate under load may answer 409 to a create that it has carried out itself.
      const now = (error as { status?: number }).status === 409 ? await find() : undefined
      if (now?.description !== description || !sameRecords(now.records, wanted)) throw error
      return { recordset: now, changed: true, requestId: null }
    }
  }
  if (there.description !== description) return stale(`[${there.records.join(', ')}] is there without our mark`)
  const same = sameRecords(there.records, wanted)
  if (same && there.status !== 'ERROR' && (ttl === null || there.ttl === ttl))
    return { recordset: there, changed: false, requestId: null }
  if (!same && (expects === null || !sameRecords(there.records, expects)))
    return stale(
      `holds [${there.records.join(', ')}]; ${expects === null ? 'nothing' : `[${expects.join(', ')}]`} was expected`
    )
  const call = { requestId: context.requestId, before: context.beforeChange }
  const { value, requestId } = await designate.updateRecordset(
    zoneId,
    there.id,
    { records: wanted, ...timeToLive },
    call
  )
  return { recordset: value, changed: true, requestId }
}
