import { type Party, runWithin, ShareTaken, TimeOver, type Work } from '../core/work.ts'

/** How the workers of one stage are shared out among those whom they may have to wait for. */
export interface Shares {
  /** Runs a piece of work for at most `ms`, then rejects with TimeOver: whatever it hangs on, its worker is free again. */
  run<T>(key: number, ms: number, task: () => Promise<T>): Promise<T>
  /** Work that met a party with its share taken: not to be claimed until that has let one go. */
  readonly waiting: readonly number[]
  /** Those that keep workers busy, or keep work waiting. */
  parties(): readonly PartyState[]
}

/** How much of a stage one party takes. */
export interface PartyState {
  readonly name: string
  readonly busy: number
  readonly most: number
  /** Pieces of work that wait for their turn with it. */
  readonly waiting: number
  /** Since when it has had all of its share, ms since the epoch; null: it has not. */
  readonly fullSince: number | null
}

interface Row {
  readonly most: number
  readonly busy: Set<object>
  readonly waiting: Set<number>
  fullSince: number | null
}

/**
 * Makes the bulkhead of a stage: a party is whatever clients call so, a cluster's Kubernetes, an entry of clouds.yaml, an OpenStack. A
 * piece of work counts for each that it has asked until it ends. Nobody waits for a share, which would take a worker: who comes too late
 * is put back and left out of claims until somebody leaves.
 */
export function createShares(size: number, now: () => number = Date.now): Shares {
  const rows = new Map<string, Row>()
  const kept = new Map<number, string>()

  function enter(work: object, key: number, { name, part }: Party): ShareTaken | null {
    const row = rows.get(name) ?? {
      most: Math.max(1, Math.ceil(size * part)),
      busy: new Set(),
      waiting: new Set(),
      fullSince: null
    }
    if (row.busy.has(work)) return null
    if (row.busy.size >= row.most) {
      row.waiting.add(key)
      kept.set(key, name)
      return new ShareTaken(name, row.busy.size, size)
    }
    rows.set(name, row)
    row.busy.add(work)
    if (row.busy.size >= row.most) row.fullSince ??= now()
    return null
  }

  /** It has its turn with whomever it waits for, and keeps nobody else's place in any other row. */
  function letGo(key: number): void {
    kept.delete(key)
    for (const { waiting } of rows.values()) waiting.delete(key)
  }

  function leave(work: object): void {
    for (const row of rows.values()) {
      if (!row.busy.delete(work)) continue
      row.fullSince = null
      // As many as there is room for, in the order in which they came; once nobody is there, all: no other would let them go on.
      const room = row.busy.size === 0 ? row.waiting.size : row.most - row.busy.size
      for (const key of [...row.waiting].slice(0, room)) letGo(key)
    }
    for (const [name, { busy, waiting }] of rows) if (busy.size === 0 && waiting.size === 0) rows.delete(name)
  }

  return {
    async run(key, ms, task) {
      const over = new AbortController()
      const asked = new Set<string>()
      let ended = false
      let refused: ShareTaken | null = null
      const work: Work = {
        signal: over.signal,
        get refused() {
          return refused
        },
        enter: (party) => {
          over.signal.throwIfAborted()
          // What it has set going for others as well may outlive it.
          if (ended) return
          asked.add(party.name)
          refused = enter(work, key, party) ?? refused
          if (refused !== null) throw refused
        }
      }
      const { promise: late, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(() => {
        const error = new TimeOver(ms, [...asked])
        over.abort(error)
        reject(error)
      }, ms).unref()
      try {
        return await Promise.race([runWithin(work, task), late])
      } finally {
        clearTimeout(timer)
        ended = true
        leave(work)
      }
    },
    get waiting() {
      return [...kept.keys()]
    },
    parties: () =>
      [...rows].map(([name, { busy, most, waiting, fullSince }]) => ({
        name,
        busy: busy.size,
        most,
        waiting: waiting.size,
        fullSince
      }))
  }
}

/** Shares without limits, for a caller that runs one thing at a time. */
export const unshared: Shares = createShares(Number.POSITIVE_INFINITY)
