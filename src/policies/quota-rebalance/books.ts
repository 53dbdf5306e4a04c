import type { AppliedRow } from '../../store/journal.ts'

/** What we hold on the limits of one project in one service; kept by the journal with each change. */
export type QuotaApplied = {
  readonly kind: 'quota'
  /** Resource -> the limit that we set last. */
  readonly limits: { readonly [resource: string]: number }
  /** Request -> resource -> giver -> what was lent for it and not given back yet; '' = free capacity. */
  readonly lent: {
    readonly [request: string]: { readonly [resource: string]: { readonly [giver: string]: number } }
  }
}

export const emptyBooks: QuotaApplied = { kind: 'quota', limits: {}, lent: {} }

export const booksOf = (row: Pick<AppliedRow, 'value'> | undefined): QuotaApplied =>
  row === undefined ? emptyBooks : (row.value as unknown as QuotaApplied)

/** What is written down beside limits: `amount` below 0 gives back. */
export type Posting = {
  readonly request: string
  readonly resource: string
  readonly giver: string
  readonly amount: number
}

/** The books after these limits were set and these amounts lent or given back; what is even is left out. */
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

/** How much of a resource is lent for a request. */
export const lentFor = ({ lent }: QuotaApplied, request: string, resource: string): number =>
  Object.values(lent[request]?.[resource] ?? {}).reduce((sum, one) => sum + one, 0)
