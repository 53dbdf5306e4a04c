/** A word that people say to the product, on the command line and in Slack alike, with how what follows it is read. */
export interface Word<Name extends string = string, Wish extends { readonly word: Name } = { readonly word: Name }> {
  readonly name: Name
  readonly usage: string
  readonly summary: string
  /** What somebody wants who says this behind the word, or what is wrong with it. */
  parse(rest: readonly string[]): Wish | { readonly problem: string }
}

/** Splits a line into words, and what is in quotes as one; a quote within a word, or one that is never closed, is an ordinary character. */
export function splitWords(line: string): readonly string[] {
  const found = line.matchAll(/(?<=^|\s)(?:"([^"]*)"|'([^']*)')(?=\s|$)|(\S+)/g)
  return [...found].map(([, double, single, bare]) => double ?? single ?? bare ?? '').filter((word) => word !== '')
}
