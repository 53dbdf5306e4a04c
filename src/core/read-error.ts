/** Why the journal has no answer to a question now; the message says how to go on. */
export class ReadError extends Error {
  override readonly name = 'ReadError'
  readonly code: 'READ_TOO_LONG' | 'READS_TAKEN' | 'READER_LOST'

  constructor(code: ReadError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Makes the error of a question that costs more than it may. */
export const readTooLong = (ms: number) =>
  new ReadError(
    'READ_TOO_LONG',
    `this question was stopped after ${ms / 1000} s, so that it keeps nobody waiting: narrow it, by a time (since=1h) or an id instead of a part of a name`
  )
