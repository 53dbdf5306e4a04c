import type { Range } from './cidr.ts'

/** A range of a cluster, as text and as addresses. */
export interface OwnRange extends Range {
  readonly text: string
  /** ms since the epoch, when it came; 0: before everything; null: nobody says. */
  readonly since: number | null
  /** ms since the epoch, when a sweep first saw it; null: none has yet. */
  readonly swept: number | null
}

/** Who caused a thing to cover these ranges of others: whoever came later. */
export type Doing = 'its own' | 'the others' | 'unclear'

/** Finds whose doing a crossing is, of what never changes, by when it was made. */
export function doingOf(ranges: readonly OwnRange[], createdAt: string | undefined): Doing {
  if (ranges.some(({ since }) => since === 0)) return 'its own'
  const made = createdAt === undefined ? Number.NaN : Date.parse(createdAt)
  // To the second, as Neutron says it: within one nobody knows.
  if (ranges.some(({ since }) => since !== null && since < made)) return 'its own'
  return ranges.every(({ since }) => since !== null && made < since) ? 'the others' : 'unclear'
}

/**
 * Finds whose doing a crossing is, of what may have got it at any time between being made and its last change. Where a sweep saw a range
 * and the thing changed since, what it has more than that sweep found is its own doing.
 */
export function changedDoingOf(
  ranges: readonly OwnRange[],
  { createdAt, updatedAt }: { readonly createdAt?: string; readonly updatedAt?: string }
): Doing {
  if (doingOf(ranges, createdAt) === 'its own') return 'its own'
  const changed = updatedAt === undefined ? Number.NaN : Date.parse(updatedAt)
  if (ranges.some(({ swept }) => swept !== null && swept < changed)) return 'its own'
  return doingOf(ranges, updatedAt) === 'the others' ? 'the others' : 'unclear'
}
