import type { ExitCode } from './command.ts'
/** Whom a command talked to. */
export type Place =
  | { readonly server: string; readonly installation: string | null }
  | {
      readonly journal: string
      readonly installation: string
      readonly simulated: boolean
      /** The product that runs on it: its pid, null where that cannot be read; left out where none does. */
      readonly running?: { readonly pid: number | null }
    }

/** What came of a command, and where; or how it ends, after saying why. */
export type Reached<T> =
  | { readonly ok: true; readonly value: T; readonly place: Place }
  | { readonly ok: false; readonly code: ExitCode }
