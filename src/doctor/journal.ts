import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorText } from '../base/error-text.ts'
import { openTo, openToAll } from '../base/private-file.ts'
import { inspectJournal, journalFiles } from '../store/open.ts'
import { type DoctorCheck, type DoctorFinding, failing, ok, warning } from './finding.ts'
import type { CheckTarget } from './target.ts'

const mebibyte = 1024 * 1024
/** A day of a busy cloud is some hundred MiB; below the first nothing is lost yet, below the second soon. */
const littleBytes = 1024 * mebibyte
const nothingBytes = 100 * mebibyte

/** The journal: is it there, ours, writable, and is there room for it to grow? */
export const journal: DoctorCheck = {
  name: 'journal',
  async examine({ journalPath, freeBytes, mayWrite }) {
    const folder = existingFolder(dirname(journalPath))
    return [...(await file(journalPath, folder, mayWrite)), ...open(journalPath), room(folder, freeBytes(folder))]
  }
}

async function file(
  path: string,
  folder: string,
  mayWrite: CheckTarget['mayWrite']
): Promise<readonly DoctorFinding[]> {
  if (!existsSync(path)) {
    const unwritable = mayWrite(folder) ? [] : [notWritable(folder)]
    return [
      ...unwritable,
      ok(path, 'not there yet: it is made at the first start. If it was there before, look for its backup first')
    ]
  }
  const findings: DoctorFinding[] = []
  for (const one of [path, dirname(path)]) if (!mayWrite(one)) findings.push(notWritable(one))
  try {
    const installed = await inspectJournal(path, async (journal) => ({
      id: await journal.installation(),
      newest: await journal.newestEvent()
    }))
    if (installed != null && installed.id !== null)
      findings.push(ok(path, `installation ${installed.id}, ${installed.newest} events so far`))
    else
      findings.push(
        failing(
          path,
          'has no installation id: it is not a journal of Stackreflex, or a torn copy of one',
          'restore a backup made with `sqlite3 journal.db ".backup copy.db"`, or move the file away, start, and run `reflex adopt --all`'
        )
      )
  } catch (error) {
    findings.push(
      failing(
        path,
        `cannot be read: ${errorText(error)}`,
        'restore a backup made with `sqlite3 journal.db ".backup copy.db"`, or move the file away, start, and run `reflex adopt --all`'
      )
    )
  }
  return findings
}

/** Whoever may open a file of it may lock it: then nothing is written, and what is in it is read. */
function open(path: string): readonly DoctorFinding[] {
  if (!existsSync(path)) return []
  const folder = dirname(path)
  const { files, alone: mine } = journalFiles(path, folder)
  const opened = [...files, ...(mine ? [folder] : [])].flatMap((one) => {
    const mode = openTo(one)
    if (mode === null) return []
    const found = `other users of this machine can open it (mode ${mode}), and lock the journal with it`
    const remedy = `\`chmod go= ${one}\` as the user that runs the product; each start of it does the same where it may`
    return [failing(one, found, remedy)]
  })
  const mode = openToAll(folder)
  if (mode === null || mine) return opened
  return [failing(folder, `anybody may put another journal there (mode ${mode})`, `\`chmod o-w ${folder}\``), ...opened]
}

function room(folder: string, free: number): DoctorFinding {
  const found = `${Math.round(free / mebibyte)} MiB free`
  const remedy = 'make room on this disk, or shorten journal.keep; a full disk stops everything, though nothing is lost'
  if (free < nothingBytes) return failing(folder, found, remedy)
  if (free < littleBytes) return warning(folder, found, remedy)
  return ok(folder, found)
}

function notWritable(path: string): DoctorFinding {
  return failing(
    path,
    'may not be written by this user',
    `let the user that runs the product own it: chown it, or run this command as that user`
  )
}

/** The folder itself, or the one that it will be made in. */
function existingFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existingFolder(dirname(folder))
}
