import type { SubjectKind } from './subjects.ts'

/** What could not be read: sentences, and `<kind>:*`. */
export interface Unread {
  readonly sentences: string[]
  readonly kinds: string[]
}

/**
 * Reads a list, or none with a sentence why where its service refuses (403) to tell it to this entry at all: what cannot be judged must
 * not keep the rest from it. Anything else that goes wrong still fails.
 */
export async function allowed<Item>(
  read: () => Promise<readonly Item[]>,
  { kind, sentence }: { readonly kind: SubjectKind; readonly sentence: string },
  unread: Unread
): Promise<readonly Item[]> {
  try {
    return await read()
  } catch (error) {
    if ((error as { status?: unknown } | null)?.status !== 403) throw error
    unread.sentences.push(sentence)
    unread.kinds.push(`${kind}:*`)
    return []
  }
}
