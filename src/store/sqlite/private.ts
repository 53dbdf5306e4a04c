import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { createPrivate, fileMode, openTo, openToAll } from '../../base/private-file.ts'

// Another local user who may open a file of the journal may lock it, and then nothing is written any more: not even a stop.
// Nothing here opens the journal itself: closing a descriptor of an SQLite file drops the locks that this process holds on it.

const folderMode = 0o700

/** Returns every file that belongs to a journal; those that are not there are made by SQLite, as private as the first. */
export const filesOf = (path: string): readonly string[] => [
  path,
  `${path}-wal`,
  `${path}-shm`,
  `${path}.lock`,
  `${path}.witness`
]

/** Makes the folder and the file where they are not there, and takes what others may do away; what was taken, as sentences. */
export function makePrivate(path: string): readonly string[] {
  const folder = dirname(path)
  const made = mkdirSync(folder, { recursive: true, mode: folderMode })
  // A umask may have taken even our own rights away.
  if (made !== undefined) for (const one of between(made, folder)) chmodSync(one, folderMode)
  createPrivate(path)
  const told = filesOf(path).flatMap((one) => tighten(one, fileMode))
  if (isOurs(folder, path)) return [...tighten(folder, folderMode), ...told]
  const mode = openToAll(folder)
  return mode === null
    ? told
    : [
        `${folder} may be written by anybody (mode ${mode}), who may put another journal there: \`chmod o-w ${folder}\``,
        ...told
      ]
}

function tighten(path: string, mode: number): readonly string[] {
  const had = openTo(path)
  if (had === null) return []
  try {
    chmodSync(path, mode)
    return [`${path} could be opened by other users (mode ${had}): it is ours alone now (0${mode.toString(8)})`]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return [
      `${path} can be opened by other users (mode ${had}), who may lock the journal, and it cannot be changed (${code}): ` +
        `let the user that runs the product own it, then \`chmod ${mode.toString(8)} ${path}\``
    ]
  }
}

/** Tells whether a folder that was there before holds the journal and nothing of anybody else's: only then it is ours to close. */
export function isOurs(folder: string, path: string): boolean {
  if (folder === process.cwd()) return false
  const facts = lstatSync(folder)
  const sticky = (facts.mode & 0o1000) !== 0
  if (!facts.isDirectory() || sticky || facts.uid !== process.getuid?.()) return false
  const name = basename(path)
  return readdirSync(folder).every((one) => one.startsWith(name.replace(/\.db$/, '')))
}

/** The folders from the first that was made to the last. */
function between(first: string, last: string): readonly string[] {
  const folders = [last]
  while (folders[0] !== first && dirname(folders[0]!) !== folders[0] && existsSync(join(folders[0]!, '..')))
    folders.unshift(dirname(folders[0]!))
  return folders
}
