import { plain } from '../base/plain.ts'
import type { Context, ExitCode } from './command.ts'

/** Where a command was carried out: a server or a journal. */
export type Place =
  | { readonly server: string; readonly installation: string | null }
  | {
      readonly journal: string
      readonly installation: string
      readonly simulated: boolean
      /** The product that runs on it: its pid, null where that cannot be read; left out where none does. */
      readonly running?: { readonly pid: number | null }
    }

/** The result of a command with where it was carried out; or the exit code, after saying why. */
export type Reached<T> =
  | { readonly ok: true; readonly value: T; readonly place: Place }
  | { readonly ok: false; readonly code: ExitCode }

/** Says on stderr where something was done, so that nobody stops the wrong installation and goes to bed. */
export function sayWhere(place: Place, { err }: Context): void {
  if ('server' in place) {
    const { server, installation } = place
    err(
      `(at ${plain(server)}, ${installation === null ? 'an installation that it does not name' : `installation ${plain(installation)}`})\n`
    )
    return
  }
  err(`(in ${journalName(place)}: ${runsText(place.running)})\n`)
}

/** Says where something was done, if that is a server or a simulated journal and not the configured journal of this folder. */
export function sayWhereElse(place: Place, context: Context): void {
  if ('server' in place || place.simulated) sayWhere(place, context)
}

/** Names a journal: `the journal /data/j.db, installation 1a2b3c4d` */
export function journalName({ journal, installation, simulated }: Extract<Place, { journal: string }>): string {
  return `the journal ${simulated ? 'of the simulated cloud ' : ''}${plain(journal)}, installation ${installation}`
}

/** Says whether a product runs on a journal. */
export const runsText = (running: { readonly pid: number | null } | undefined): string =>
  running === undefined
    ? 'no product runs on it now, so nothing is decided or done until one does'
    : `a product runs on it (pid ${running.pid ?? 'unknown'})`

/** Formats one JSON document for `--json`; of what was done it says where. */
export const asJson = (value: object, place?: Place): string =>
  `${JSON.stringify(place === undefined ? value : { ...value, at: place }, null, 2)}\n`
