import type { QuotaService } from '../../core/quota.ts'
import type { AppliedRow } from '../../store/policy-rows.ts'

/** The books of one project's limits in one service, which the journal has with each change. */
export type QuotaApplied = {
  readonly kind: 'quota'
  /** Resource -> the limit that we set last. */
  readonly limits: { readonly [resource: string]: number }
  /** Request -> resource -> giver -> what was lent for it and not given back yet; '' = free capacity. */
  readonly lent: {
    readonly [request: string]: { readonly [resource: string]: { readonly [giver: string]: number } }
  }
}

const emptyBooks: QuotaApplied = { kind: 'quota', limits: {}, lent: {} }

/** Reads the books out of what a lane applied; empty where there is nothing. */
export const booksOf = (row: Pick<AppliedRow, 'value'> | undefined): QuotaApplied =>
  row === undefined ? emptyBooks : (row.value as QuotaApplied)

/** What is written down beside limits: `amount` below 0 gives back. */
export type Posting = {
  readonly request: string
  readonly resource: string
  readonly giver: string
  readonly amount: number
}

/** Posts to the books that these limits were set and these amounts lent or given back; what is even is left out. */
export function posted(
  books: QuotaApplied,
  limits: Readonly<Record<string, number>>,
  postings: readonly Posting[]
): QuotaApplied {
  let { lent } = books
  for (const { request, resource, giver, amount } of postings) {
    const known = lent[request]?.[resource] ?? {}
    const givers = without({ ...known, [giver]: Math.max(0, (known[giver] ?? 0) + amount) }, (left) => left === 0)
    const resources = without({ ...lent[request], [resource]: givers }, isEmpty)
    lent = without({ ...lent, [request]: resources }, isEmpty)
  }
  return { kind: 'quota', limits: { ...books.limits, ...limits }, lent }
}

const isEmpty = (of: object): boolean => Object.keys(of).length === 0

const without = <Value>(of: Readonly<Record<string, Value>>, out: (value: Value) => boolean): Record<string, Value> =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => !out(value)))

/** Sums up how much of a resource is lent for a request. */
export const lentFor = ({ lent }: QuotaApplied, request: string, resource: string): number =>
  Object.values(lent[request]?.[resource] ?? {}).reduce((sum, one) => sum + one, 0)

/** What one resource is set to. */
export type QuotaChange = {
  /** The limit that must be there now. */
  readonly from: number
  readonly to: number
  /** Headroom that a project keeps while it is shrunk, however much its usage has grown since. */
  readonly leave: number
  /** What the limits of all projects of the group may come to: a project grows by no more than is free of it. */
  readonly capacity: number
}

/** Input of `quota-set`: the limits of one project in one service, all lowered or all raised. */
export type QuotaSet = {
  readonly cloud: string
  readonly service: QuotaService
  readonly project: string
  readonly projectId: string
  readonly direction: 'shrink' | 'grow'
  readonly changes: { readonly [resource: string]: QuotaChange }
  /** Ids of all projects of the group, this one among them. */
  readonly group: readonly string[]
  /** Resources that only move together, in this ratio. */
  readonly bundles: readonly { readonly [resource: string]: number }[]
  /** Written into the books, as far as the change comes about. */
  readonly postings: readonly Posting[]
  /** Ordinals of the steps that free what this one takes. */
  readonly after: readonly number[]
}
