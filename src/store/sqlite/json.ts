/** A row whose text cannot be parsed: nothing of ours was written so, but a damaged file or somebody else's hand has it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** Reads the JSON of one column; `of` names its row, for a person. Throws Unreadable. */
export function readJson<T>(text: string, of: string): T {
  try {
    return JSON.parse(text) as T
  } catch {
    throw new Unreadable(
      `${of} cannot be read: its row in the journal is damaged (docs/operations.md, Odd times, and damaged rows)`
    )
  }
}

/** Reads the JSON of one column for those who only show it: null and the reason where it cannot be read. */
export function tryJson<T>(text: string, of: string): { readonly value: T | null; readonly unreadable: string | null } {
  try {
    return { value: readJson<T>(text, of), unreadable: null }
  } catch (error) {
    return { value: null, unreadable: (error as Error).message }
  }
}
