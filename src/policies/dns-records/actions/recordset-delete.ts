import { mark, sameRecords } from '../../../core/ownership.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'

/** Input of `recordset-delete`. */
export type RecordsetDelete = {
  readonly cloud: string
  readonly zone: string
  readonly zoneId: string
  readonly name: string
  readonly type: string
  /** The records that must be there now. */
  readonly expects: readonly string[]
  /** What an undo writes again, beside the records. */
  readonly ttl: number | null
  readonly by: { readonly [record: string]: readonly string[] }
  readonly project: string
}

/** Deletes a recordset that has our mark and holds exactly what is expected, and forgets it. */
export const recordsetDelete: DefinedAction<RecordsetDelete> = defineAction({
  type: 'recordset-delete',
  async perform(input, context) {
    const { cloud, zoneId, name, type, expects } = input
    const { designate } = await context.tools.cloud(cloud)
    const find = async () =>
      (await designate.listRecordsets(zoneId, { name, type })).find(
        (one) => one.name.toLowerCase() === name && one.type === type
      )
    const { target, scope } = context
    const applied = { target, scope, value: null }
    const inverse = {
      type: 'recordset-set',
      risk: 'create',
      input: { ...input, records: expects, expects: null }
    } as const
    const there = await find()
    if (there === undefined || there.action === 'DELETE')
      return { outcome: 'unchanged', applied, note: `${name} ${type} was gone already` }
    if (there.description !== mark(context.installId))
      return { outcome: 'stale', reason: `${name} ${type} is there without our mark` }
    if (!sameRecords(there.records, expects))
      return {
        outcome: 'stale',
        reason: `${name} ${type} holds [${there.records.join(', ')}]; [${expects.join(', ')}] was expected`
      }
    const call = { requestId: context.requestId, before: context.beforeChange }
    const { requestId } = await designate.deleteRecordset(zoneId, there.id, call)
    for (let waited = 0, ms = 600; waited < 20_000; waited += ms, ms = Math.min(ms * 1.5, 3000)) {
      await context.sleep(ms)
      const left = await designate.getRecordset(zoneId, there.id)
      if (left === null)
        return {
          outcome: 'changed',
          applied,
          note: `${name} ${type} [${expects.join(', ')}] is deleted`,
          requestId,
          inverse
        }
      if (left.status === 'ERROR')
        return {
          outcome: 'retry',
          reason: `Designate could not delete ${name} ${type}: status ERROR`,
          afterMs: null,
          called: true,
          requestId
        }
    }
    const reason = `${name} ${type} is still being deleted after 20 s: is designate-worker up?`
    return { outcome: 'retry', reason, afterMs: 10_000, called: true, requestId }
  }
})
