import type { Check } from './check.ts'
import { errorText } from './error-text.ts'

/** A liveness watchdog: each stage of the product reports every turn, and one that stopped is named. */
export interface Heartbeats {
  /** A stage that takes turns by itself; `withinMs`: so long after its last turn it counts as dead. */
  expect(stage: string, withinMs: number | null): void
  /** A turn ended well. */
  beat(stage: string): void
  /** It is there, and had nothing to do: what failed before has not come right by that. */
  alive(stage: string): void
  /** A turn threw. */
  failed(stage: string, error: unknown): void
  /** It is taken down on purpose. */
  forget(stage: string): void
  stages(): readonly Heartbeat[]
}

/** One stage as of now. */
export interface Heartbeat {
  readonly stage: string
  /** ms since the epoch: the end of its last turn that ended well; null: there was none yet. */
  readonly beatAt: number | null
  /** Turns that threw since then. */
  readonly failures: number
  /** Why it counts as dead; null: it does not. */
  readonly dead: string | null
  /** Why a person should look though it goes on; null: nothing of the kind. */
  readonly odd: string | null
}

/** So many in a row, or two with a minute between them, are no accident any more. */
const IN_A_ROW = 3
const MINUTE = 60_000

interface Row {
  withinMs: number | null
  aliveAt: number
  beatAt: number | null
  failures: number
  failingSince: number
  readonly recent: number[]
  last: string
}

/** Makes the heartbeats of a process: a liveness watchdog for its stages. */
export function createHeartbeats(now: () => number): Heartbeats {
  const rows = new Map<string, Row>()
  const rowOf = (stage: string): Row => {
    const found = rows.get(stage)
    if (found !== undefined) return found
    const row = { withinMs: null, aliveAt: now(), beatAt: null, failures: 0, failingSince: 0, recent: [], last: '' }
    rows.set(stage, row)
    return row
  }
  return {
    expect(stage, withinMs) {
      const row = rowOf(stage)
      row.withinMs = withinMs
      row.aliveAt = now()
    },
    beat(stage) {
      const row = rowOf(stage)
      row.aliveAt = row.beatAt = now()
      row.failures = 0
    },
    alive(stage) {
      rowOf(stage).aliveAt = now()
    },
    failed(stage, error) {
      const row = rowOf(stage)
      if (row.failures === 0) row.failingSince = now()
      row.aliveAt = now()
      row.failures++
      row.recent.push(now())
      if (row.recent.length > IN_A_ROW) row.recent.shift()
      row.last = errorText(error)
    },
    forget: (stage) => void rows.delete(stage),
    stages: () =>
      [...rows].map(([stage, row]) => {
        const { beatAt, failures } = row
        return { stage, beatAt, failures, dead: deadOf(row, now()), odd: oddOf(row, now()) }
      })
  }
}

function deadOf({ failures, failingSince, last, aliveAt, withinMs }: Row, now: number): string | null {
  const long = failures >= 2 && now - failingSince >= MINUTE
  if (failures >= IN_A_ROW || long)
    return `failed ${failures} times in a row, for ${seconds(now - failingSince)}; the last time: ${last}`
  if (withinMs !== null && now - aliveAt > withinMs)
    return `no turn for ${seconds(now - aliveAt)}, expected within ${seconds(withinMs)}: restart the product, and report this`
  return null
}

function oddOf({ recent, last, beatAt }: Row, now: number): string | null {
  if (recent.length < IN_A_ROW || now - recent[0]! > MINUTE || beatAt === null) return null
  return `failed ${recent.length} times within a minute, between turns that ended well; the last time: ${last}`
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

/** Readiness by the stages: one that is dead is a failure, by name. */
export function heartbeatChecks(stages: readonly Heartbeat[]): readonly Check[] {
  const bad = stages.flatMap(({ stage, dead, odd }): Check[] => {
    if (dead !== null) return [{ name: `stage ${stage}`, level: 'failure', detail: dead }]
    return odd === null ? [] : [{ name: `stage ${stage}`, level: 'warning', detail: odd }]
  })
  if (bad.length > 0 || stages.length === 0) return bad
  return [{ name: 'stages', level: 'ok', detail: `${stages.map(({ stage }) => stage).join(', ')} take their turns` }]
}
