import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { dirname } from 'node:path'

const others = 0o077
/** Mode of a file that its owner alone may open. */
export const fileMode = 0o600

/** The mode of a folder in which everybody may replace everybody's files; null where that is not so. */
export function openToAll(folder: string): string | null {
  const { mode } = statSync(folder)
  return (mode & 0o002) !== 0 && (mode & 0o1000) === 0 ? `0${(mode & 0o777).toString(8)}` : null
}

/** An empty file that nobody else may open; one that is there is left as it is, and where none can be made, whoever opens it says why. */
export function createPrivate(path: string): void {
  try {
    const file = openSync(path, 'wx', fileMode)
    fchmodSync(file, fileMode)
    closeSync(file)
  } catch {
    return
  }
}

/**
 * Writes a whole file that nobody else may open; whoever reads finds the text before it or this one. `like`: written by root, it
 * belongs to whom that file belongs to.
 */
export function writePrivate(path: string, text: string, like?: string): void {
  const beside = `${path}.${process.pid}.new`
  try {
    rmSync(beside, { force: true })
    const file = openSync(beside, 'wx', fileMode)
    try {
      fchmodSync(file, fileMode)
      const owner = like === undefined || process.getuid?.() !== 0 ? null : statSync(like)
      if (owner !== null) fchownSync(file, owner.uid, owner.gid)
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** What others may do with a file or folder, e.g. `0644`; null where they may do nothing, or it is not there. */
export function openTo(path: string): string | null {
  const facts = lstatSync(path, { throwIfNoEntry: false })
  // What a link points to has a mode of its own, and whoever made the link has seen to it.
  if (facts === undefined || facts.isSymbolicLink() || (facts.mode & others) === 0) return null
  return `0${(facts.mode & 0o777).toString(8)}`
}
