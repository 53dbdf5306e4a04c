import { readFileSync } from 'node:fs'
import { writePrivate } from '../base/private-file.ts'
import type { Stop } from '../core/stop.ts'

/**
 * What is known of the journal outside of its file: a journal whose last part was lost, or that is another one, looks whole by
 * itself. It is written behind what it tells, so that it never tells more than the journal has.
 */
export interface Witness {
  readonly installation: string
  /** Drawn anew at each start; `next`: the one that is about to be. */
  readonly generation: string
  readonly next?: string
  readonly event: number
  readonly decision: number
  readonly action: number
  /** ms since the epoch, by a clock that nobody doubted. */
  readonly at: number
  readonly stops: readonly KeptStop[]
}

/** A stop as the witness has it: without a number of the journal's. */
export type KeptStop = Omit<Stop, 'id' | 'memory'>

const witnessPath = (path: string): string => `${path}.witness`

/** Reads the witness; null: there is none. */
export function readWitness(path: string): Witness | 'broken' | null {
  let text: string
  try {
    text = readFileSync(witnessPath(path), 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : 'broken'
  }
  try {
    const found = JSON.parse(text) as Witness
    const whole =
      [found.installation, found.generation].every((one) => typeof one === 'string') &&
      [found.event, found.decision, found.action, found.at].every(Number.isFinite) &&
      Array.isArray(found.stops)
    return whole ? found : 'broken'
  } catch {
    return 'broken'
  }
}

/** Writes the witness in the place of the one before, atomically. */
export function writeWitness(path: string, witness: Witness): void {
  writePrivate(witnessPath(path), `${JSON.stringify(witness)}\n`, path)
}

/** How far the journal has come. */
export type JournalProgress = Pick<Witness, 'event' | 'decision' | 'action'> & {
  readonly installation: string
  /** null: no product of a build that keeps a witness has run on it. */
  readonly generation: string | null
  /** Why a start before this one did not believe it, until a person accepts it. */
  readonly doubt: string | null
}

/** Says why this may not be the journal that the product had, or not all of it; null: it is. */
export function doubtOf(path: string, here: JournalProgress, seen: ReturnType<typeof readWitness>): string | null {
  if (here.doubt !== null) return here.doubt
  const beside = witnessPath(path)
  if (seen === null)
    return here.generation === null ? null : `${beside}, which is kept beside the journal, is not there`
  if (seen === 'broken') return `${beside}, which is kept beside the journal, cannot be read`
  const had = `${beside} knows it with ${seen.event} events and ${seen.decision} decisions, of installation ${seen.installation}`
  if (here.event === 0 && here.decision === 0 && seen.event + seen.decision > 0) return `it is empty, and ${had}`
  if (here.installation !== seen.installation) return `it is of installation ${here.installation}, and ${had}`
  if (here.event < seen.event || here.decision < seen.decision || here.action < seen.action)
    return `it ends with event ${here.event} and decision ${here.decision}, and ${had}: what came after is lost`
  if (here.generation !== seen.generation && here.generation !== seen.next)
    return `it does not know of the last start, and ${had}: its newest part is lost, or it is an older copy`
  return null
}

/** What a start found: why the journal is not believed, and the stops that only the witness had, which are in force again. */
export interface Begun {
  readonly doubt: string | null
  readonly broughtBack: readonly KeptStop[]
  /** When the product last ran, ms since the epoch; null: not known. */
  readonly lastAt: number | null
}

/** What a running product knows that is not in the journal (yet). */
export interface Unwritten {
  /** In force in memory. */
  readonly stops: readonly KeptStop[]
  /** ms since the epoch, as far as the clock is believed. */
  readonly at: number
}
