import { plain } from '../base/plain.ts'
import type { Answer } from '../people/people.ts'
import { ask, serverOf } from './ask.ts'
import type { Context } from './command.ts'
import { atDoors, type Here } from './doors.ts'
import type { Place, Reached } from './place.ts'
import type { ShapeName } from './shapes.ts'

/** What a server is asked; with a `body` it is to do something. */
export interface Question {
  readonly path: string
  readonly shape: ShapeName
  readonly body?: object
}

/** Asks the server that REFLEX_URL names, or does it at the doors of the journal on this machine. */
export async function reach<T extends object>(
  context: Context,
  question: Question,
  here: (here: Here) => Promise<Answer<T>>
): Promise<Reached<T>> {
  const server = serverOf(context)
  if (server === null) return atDoors(context, here)
  const { path, shape, body } = question
  const asked = await ask<T>(server, path, shape, context, body)
  if (!asked.ok) return { ok: false, code: asked.refused ? 1 : 3 }
  return { ok: true, value: asked.value, place: { server, installation: asked.installation } }
}

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

/** The same where it is not the configured journal of this folder: there a word that nobody heeds is told as such. */
export function sayWhereElse(place: Place, context: Context): void {
  if ('server' in place || place.simulated) sayWhere(place, context)
}

/** `the journal /data/j.db, installation 1a2b3c4d` */
export function journalName({ journal, installation, simulated }: Extract<Place, { journal: string }>): string {
  return `the journal ${simulated ? 'of the simulated cloud ' : ''}${plain(journal)}, installation ${installation}`
}

/** Whether a product runs on a journal. */
export const runsText = (running: { readonly pid: number | null } | undefined): string =>
  running === undefined
    ? 'no product runs on it now, so nothing is decided or done until one does'
    : `a product runs on it (pid ${running.pid ?? 'unknown'})`

/** One JSON document for `--json`; what was done says where. */
export const asJson = (value: object, place?: Place): string =>
  `${JSON.stringify(place === undefined ? value : { ...value, at: place }, null, 2)}\n`
