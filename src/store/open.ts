import type { Inspection } from './inspection.ts'
import type { Journal } from './journal.ts'
import { inspectFile } from './sqlite/inspect.ts'
import { type Lock, lockHolder, lockInstance } from './sqlite/lock.ts'
import { filesOf, isOurs, makePrivate } from './sqlite/private.ts'
import { openSqliteReader, type Reader, type ReaderOptions } from './sqlite/reader.ts'
import { openSqliteJournal, type SqliteJournalOptions } from './sqlite/sqlite.ts'
import { openSqliteWriter, type Writer, type WriterOptions } from './sqlite/writer.ts'

export type { Lock } from './sqlite/lock.ts'

// The one place that knows what a journal is kept in: whoever needs one asks here.

/** Says where the journal is and how it is opened. */
type JournalOptions = SqliteJournalOptions

/** Opens a connection to the journal, which makes it and brings its tables up to date where that is needed. */
export const openJournal = (options: JournalOptions): Promise<Journal> => openSqliteJournal(options)

/** Opens the reading beside it, for what people ask: in a thread of its own. */
export const openReader = (options: ReaderOptions): Reader => openSqliteReader(options)

/** Opens the appending beside it, for what webhooks bring: in a thread of its own while it is much. */
export const openWriter = (options: WriterOptions): Writer => openSqliteWriter(options)

/** Reads the journal and leaves everything as it is; null where there is none. */
export const inspectJournal = <T>(path: string, read: (journal: Inspection) => Promise<T>): Promise<T | null> =>
  inspectFile(path, read)

/** Takes the journal for this process before it is opened; throws JournalError where another process has it. */
export function lockJournal(path: string, onLoose: (sentence: string) => void = () => {}): Lock {
  for (const sentence of makePrivate(path)) onLoose(sentence)
  return lockInstance(path, process.pid)
}

/** Finds the product that decides on this journal now; null: none does. */
export const journalHolder = (path: string): { readonly pid: number | null } | null => lockHolder(path)

/** Names the files of the journal, and whether the folder that holds them holds nothing else. */
export const journalFiles = (path: string, folder: string): { files: readonly string[]; alone: boolean } => ({
  files: filesOf(path),
  alone: isOurs(folder, path)
})
