import { isoSeconds } from './iso-seconds.ts'
import { releaseMs } from './settings.ts'
import { type KnownSubject, stateText } from './subject.ts'

/** What a release goes by, of the settings. */
interface ReleaseRules {
  /** After so long without a port, or `never`. */
  readonly release: string
  readonly keep: string
  readonly exempt: readonly string[]
}

/** Why a floating IP must not be released, and when that may be otherwise by itself. */
interface Objection {
  readonly because: string
  /** ms since the epoch; null: not by itself. */
  readonly until: number | null
}

/**
 * Says why a floating IP must not be released; null: it may be. Asked by the decision, and once more right before the address is given
 * back. The latest of all times counts: what its service says of its last change, when it was made, and since when every look of ours has
 * found it so.
 */
export function objectionTo(subject: KnownSubject, rules: ReleaseRules, now: number): Objection | null {
  const { kind, state, doubt, createdAt, changedAt, revision, seenSince, heldBy } = subject
  const never = (because: string): Objection => ({ because, until: null })
  const after = releaseMs(rules)
  if (kind !== 'floatingip' || after === null) return never('it is not released by itself')
  if (state !== 'unattached') return never(doubt ?? `it is ${stateText[state]}`)
  const kept = keptBy(subject, rules)
  if (kept !== null) return never(`${kept} keeps it`)
  if (createdAt === null || changedAt === null || revision === null)
    return never('Neutron does not say when it was made and changed: it is not released')
  if (heldBy.length > 0) return never(`it is not released: ${heldBy.join('; ')}`)
  const from = Math.max(createdAt, changedAt, seenSince) + after
  return now < from
    ? { because: `it is released from ${isoSeconds(from)} on, unless somebody keeps it`, until: from }
    : null
}

/** Names who says that it is left alone; null: nobody. */
export function keptBy(
  { id, keptBy }: Pick<KnownSubject, 'id' | 'keptBy'>,
  { exempt }: Pick<ReleaseRules, 'exempt'>
): string | null {
  return exempt.includes(id) ? 'settings.exempt' : keptBy
}
