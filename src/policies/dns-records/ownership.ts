import { mark, sameRecords } from '../../core/ownership.ts'
import type { AppliedRow } from '../../store/policy-rows.ts'
import type { RecordsetAnswer } from './questions/recordsets-at.ts'

/** What the journal remembers of a recordset that we wrote. */
export type AppliedRecordset = {
  readonly kind: 'recordset'
  readonly zone: string
  readonly name: string
  readonly type: string
  readonly records: readonly string[]
  /** Record → ids of the resources that it rests on. */
  readonly by: Readonly<Record<string, readonly string[]>>
  readonly project: string
}

/** What the journal remembers of a floating IP's PTR that we set. */
export type AppliedFloatingPtr = {
  readonly kind: 'floating-ptr'
  readonly resource: string
  readonly ptrdname: string
  readonly by: Readonly<Record<string, readonly string[]>>
  readonly project: string
}

// The journal holds what the actions of this policy have applied, each in one of these two forms.

/** Finds the recordset at a row of a name, or of the PTR of an address. */
export const recordsetIn = ({ value }: Pick<AppliedRow, 'value'>): AppliedRecordset => value as AppliedRecordset

/** Finds the PTR at a row of a floating IP. */
export const floatingPtrIn = ({ value }: Pick<AppliedRow, 'value'>): AppliedFloatingPtr => value as AppliedFloatingPtr

/** What we write, `reflex adopt` takes over. */
const adoptable = ({ type }: RecordsetAnswer): boolean => ['A', 'AAAA', 'PTR'].includes(type)

/** Says why a recordset at our name is not ours to touch; null when it is ours. */
export function foreignReason(
  one: RecordsetAnswer,
  installId: string,
  applied: AppliedRecordset | undefined
): string | null {
  const what = `${one.name} ${one.type} [${one.records.join(', ')}]`
  if (one.description?.startsWith('stackreflex ') && one.description !== mark(installId))
    return `${what} belongs to another installation (${one.description}): not touched${adoptable(one) ? `; where that one is gone, as with a lost journal, \`reflex adopt ${one.name}\` takes it over` : ''}`
  if (one.description !== mark(installId))
    return `${what} has no mark of ours${one.description ? ` (description '${one.description}')` : ''}: made by a person or another tool (designate-sink, Neutron's DNS integration), never touched and never added to`
  if (applied === undefined)
    return `${what} carries our mark, but this journal did not write it: hands off; \`reflex adopt ${one.name}\` takes it over`
  if (!sameRecords(one.records, applied.records))
    return `${what} was edited by somebody else after we wrote [${applied.records.join(', ')}]: hands off; \`reflex adopt ${one.name}\` takes it over, deleting it hands it back`
  return null
}

/** Says why the whole name is somebody else's, whatever type we want there; null when it is free or ours. */
export function heldByOthers(name: string, recordsets: readonly RecordsetAnswer[], installId: string): string | null {
  const registry = recordsets.find(
    (one) => one.type === 'TXT' && one.records.some((text) => text.includes('heritage=external-dns'))
  )
  if (registry !== undefined) {
    const owner = /external-dns\/owner=([^,"]*)/.exec(registry.records.join())?.[1] ?? 'unknown'
    return `${name} belongs to external-dns (owner ${owner}, TXT at ${registry.name}): never touched`
  }
  const foreign = recordsets.find(
    (one) =>
      one.name === name && ['A', 'AAAA', 'CNAME', 'NS', 'PTR'].includes(one.type) && one.description !== mark(installId)
  )
  return foreign === undefined ? null : foreignReason(foreign, installId, undefined)
}
