import type fc from 'fast-check'

/** A reader of what strangers write, and what has to hold whatever they write. */
export interface Target<Input = unknown> {
  readonly name: string
  /** How many inputs it gets beside the others: slow ones get fewer. */
  readonly share: number
  /** Inputs are plain JSON, bytes as latin1 text: what was found can be kept as a file. */
  readonly inputs: fc.Arbitrary<Input>
  /** Throws where something that has to hold does not. Says in a word what became of the input, for the count. */
  check(input: Input): string | Promise<string>
  close?(): Promise<void>
}

/** Throws with this sentence unless it holds. */
export function holds(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(sentence)
}
