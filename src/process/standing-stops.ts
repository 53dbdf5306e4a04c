import { inTime } from '../base/in-time.ts'
import type { Log } from '../base/log.ts'
import type { Guard } from '../core/guard.ts'
import type { Stop } from '../core/stop.ts'
import type { Journal } from '../store/journal.ts'

/**
 * The journal with stops that are in force before it has them. A stop is in force for every claim and every call of this process
 * at once, whatever becomes of its write, which is tried until it is done.
 */
export interface StandingStops {
  readonly journal: Journal
  /** In force here and not in the journal: what is to be kept beside it. */
  unwritten(): readonly Stop[]
  /** In force for a moment, until the same words come to `journal.stop`: they are journalled first. What it gives ends the moment. */
  atOnce(stop: Omit<Stop, 'id' | 'at' | 'memory'>): () => void
  /** The product's own stop of everything; `lift` says what a person does about it. */
  hold(reason: string, lift: string): void
  /** Lifts it, where it stands. */
  letGo(): Promise<void>
  close(): void
}

interface Options {
  readonly log: Log
  readonly now: () => number
  /** Why the time is not to be relied on: the guard is told with each step. */
  readonly clockDoubt: () => string | null
  /** What is in force has changed. */
  readonly changed: () => void
  readonly patienceMs?: number
  readonly retryMs?: number
}

/** Higher than any number that the journal gives, so that both can be said in one list. */
const firstNumber = 9_000_000_001
const momentMs = 60_000

type Said = Omit<Stop, 'id' | 'at' | 'memory'>
const words = ({ cluster, by, reason }: Said) => JSON.stringify([cluster, by, reason])
const covers = (stop: Said, cluster: string | null) => stop.cluster === null || stop.cluster === cluster

/** Wraps a journal so that stops are in force in memory before they are written. */
export function keepStops(
  journal: Journal,
  { log, now, changed, clockDoubt, patienceMs = 2000, retryMs = 1000 }: Options
): StandingStops {
  let number = firstNumber
  /** By their words: the same person's same words are one stop. */
  const standing = new Map<string, Stop>()
  const moments = new Map<string, { readonly stop: Stop; readonly until: number }>()
  const written = new Map<number, number>()
  let own: Stop | null = null
  let known: readonly Stop[] = []
  let closed = false

  const inMemory = (): readonly Stop[] => {
    for (const [key, { until }] of moments) if (until < performance.now()) moments.delete(key)
    const brief = [...moments].filter(([key]) => !standing.has(key)).map(([, { stop }]) => stop)
    return [...(own === null ? [] : [own]), ...standing.values(), ...brief]
  }
  const onCluster = (cluster: string | null) => inMemory().filter((stop) => covers(stop, cluster))
  const guarded = (guard: Guard): Guard => ({
    ...guard,
    judge: (step, facts) => {
      const doubt = clockDoubt()
      const stops = [...onCluster(step.cluster), ...facts.stops]
      return guard.judge(step, { ...facts, stops, ...(doubt === null ? {} : { clockDoubt: doubt }) })
    }
  })

  async function stop(said: Said, event: Parameters<Journal['stop']>[1]): Promise<number> {
    const key = words(said)
    const before = standing.get(key)
    if (before !== undefined) return before.id
    const { cluster, by, reason } = said
    const memory = 'it is in force in memory, and is not written yet: it can be lifted once it is'
    standing.set(key, { id: number++, cluster, by, reason, at: now(), memory })
    moments.delete(key)
    const { id } = standing.get(key)!
    changed()
    const first = Promise.withResolvers<number>()
    void write(key, id, () => journal.stop(said, event), first.resolve)
    return inTime(patienceMs, first.promise, () => id)
  }

  async function write(
    key: string,
    id: number,
    attempt: () => Promise<number>,
    told: (id: number) => void
  ): Promise<void> {
    for (let tries = 0; !closed; tries++) {
      try {
        const real = await attempt()
        written.set(id, real)
        standing.delete(key)
        if (tries > 0) log.info({ stop: real }, `stop ${id} is written by now: it is stop ${real}`)
        changed()
        return told(real)
      } catch (error) {
        const why = (error as Error).message
        const found = standing.get(key)!
        const memory = `it is in force in memory, and is not written yet (${why}): it can be lifted once it is`
        standing.set(key, { ...found, memory })
        if (tries === 0)
          log.error({ stop: id }, `stop ${id} is in force and cannot be written, which is tried again: ${why}`)
        changed()
        told(id)
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref())
      }
    }
  }

  return {
    unwritten: () => [...standing.values()],
    atOnce(said) {
      const key = words(said)
      const memory = 'it is in force in memory, and is about to be written'
      moments.set(key, { stop: { ...said, id: number++, at: now(), memory }, until: performance.now() + momentMs })
      return () => void moments.delete(key)
    },
    hold(reason, lift) {
      if (own?.reason === reason) return
      own = { id: number++, cluster: null, by: 'stackreflex', at: now(), reason, memory: lift }
      changed()
    },
    async letGo() {
      if (own === null) return
      own = null
      changed()
      await journal.releaseHeld(['stop'])
    },
    close() {
      closed = true
    },
    journal: {
      ...journal,
      stop,
      resume: (id, event) => journal.resume(written.get(id) ?? id, event),
      async stops() {
        // A journal that hangs is no reason to say that nothing is stopped.
        known = await inTime(
          patienceMs / 2,
          journal.stops().catch(() => known),
          () => known
        )
        return [...inMemory(), ...known]
      },
      claimAction: (owner, leaseMs, guard, except) => journal.claimAction(owner, leaseMs, guarded(guard), except),
      recordDecision: (claim, record, guard) => journal.recordDecision(claim, record, guarded(guard)),
      async mayCall(action) {
        const mine = onCluster(action.cluster)
        // Nobody needs the journal to know that it may not.
        if (mine.length > 0) return { leftMs: action.leaseUntil - now(), stops: mine }
        const may = await journal.mayCall(action)
        return may === null ? null : { ...may, stops: [...onCluster(action.cluster), ...may.stops] }
      }
    }
  }
}
