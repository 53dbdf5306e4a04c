/** Something about the journal's file that a person has to mend; the message says what and how, so no stack is shown. */
export class JournalError extends Error {
  override readonly name = 'JournalError'
  readonly code = 'JOURNAL'
}
