import type { CheckTarget } from './target.ts'

/** `warning`: works now, but a person should look. `failure`: something does not work. */
export type Level = 'ok' | 'warning' | 'failure'

/** One finding of a check: what was looked at, how it is, and the remedy. */
export interface DoctorFinding {
  readonly level: Level
  /** What was looked at, e.g. `zone cloud.example.`. */
  readonly about: string
  readonly found: string
  /** What to do about it, for somebody who is tired; null where nothing is to be done. */
  readonly remedy: string | null
}

/** One file of this folder; it only reads, and may throw where it cannot. */
export interface DoctorCheck {
  readonly name: string
  examine(target: CheckTarget): Promise<readonly DoctorFinding[]> | readonly DoctorFinding[]
}

/** Makes a finding: all is well. */
export const ok = (about: string, found: string): DoctorFinding => ({ level: 'ok', about, found, remedy: null })

/** Makes a finding: it works, but a person should look. */
export const warning = (about: string, found: string, remedy: string): DoctorFinding => ({
  level: 'warning',
  about,
  found,
  remedy
})

/** Makes a finding: something does not work. */
export const failing = (about: string, found: string, remedy: string): DoctorFinding => ({
  level: 'failure',
  about,
  found,
  remedy
})
