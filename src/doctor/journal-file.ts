import { inspectJournal } from '../store/open.ts'

/** The installation's id, as in the mark of everything that we write; null where there is no journal to say it. */
export async function installIdOf(path: string): Promise<string | null> {
  try {
    return await inspectJournal(path, (journal) => journal.installation())
  } catch {
    // The check of the journal itself says what is wrong with it.
    return null
  }
}
