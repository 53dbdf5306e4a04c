import { AsyncLocalStorage } from 'node:async_hooks'

/** A decision or an attempt while it is under way: whatever it asks of others is inside its time, and counted. */
export interface Work {
  /** Aborted when its time is over: every call that it makes ends then. */
  readonly signal: AbortSignal
  /** From now on it is one of those that this party keeps busy; throws ShareTaken where that are enough already. */
  enter(party: Party): void
  /** That it was refused somebody, though a client's caller may have taken it for somebody's silence. */
  readonly refused: ShareTaken | null
}

/** Somebody outside who may not answer, as operators call it, and the part of all workers that it may keep busy. */
export interface Party {
  readonly name: string
  readonly part: number
}

/** One cluster, or one entry of clouds.yaml. */
export const CLUSTER_PART = 1 / 2
/** One OpenStack: several entries may lead to it. */
export const CLOUD_PART = 3 / 4

const current = new AsyncLocalStorage<Work>()

/** Runs `task` as part of this work, with everything that it awaits. */
export const runWithin = <T>(work: Work, task: () => Promise<T>): Promise<T> => current.run(work, task)

/** Counts a party for the current work; called by a client before it asks anybody. Outside of works (a sweep, a command) nobody is counted. */
export const enter = (party: Party): void => current.getStore()?.enter(party)

/** Throws where the current work was refused a share: what it has read is not all that there is. */
export function throwIfRefused(): void {
  const refused = current.getStore()?.refused
  if (refused) throw refused
}

/** Joins the call's own abort signal with that of the work which it is made for. */
export function withinWork(signal: AbortSignal): AbortSignal {
  const work = current.getStore()
  return work === undefined ? signal : AbortSignal.any([signal, work.signal])
}

/** A party keeps as many workers busy as it may: this piece of work has its turn later. */
export class ShareTaken extends Error {
  override readonly name = 'ShareTaken'
  readonly party: string
  readonly retryable = true
  readonly retryAfterMs = 0
  readonly code = 'share_taken'
  constructor(party: string, taken: number, size: number) {
    super(`${party} keeps ${taken} of ${size} busy already, which is its share: the others are for everybody else`)
    this.party = party
  }
}

/**
 * A piece of work was not done within its time; what it waited for is given up. That is no time-out of a call, which has one of
 * its own: it says nothing of who was asked last.
 */
export class TimeOver extends Error {
  override readonly name = 'TimeOver'
  readonly retryable = true
  constructor(ms: number, parties: readonly string[]) {
    const whom = parties.length === 0 ? '' : `; it asked ${parties.join(', ')}`
    super(`not done within ${Math.round(ms / 1000)} s, and given up${whom}`)
  }
}
