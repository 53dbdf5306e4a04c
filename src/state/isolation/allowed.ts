/**
 * A list, or none with a sentence why where its service refuses (403) to tell it to this entry at all: what cannot be judged
 * must not keep the rest from it. Anything else that goes wrong still fails.
 */
export async function allowed<Item>(
  read: () => Promise<readonly Item[]>,
  sentence: string,
  unread: string[]
): Promise<readonly Item[]> {
  try {
    return await read()
  } catch (error) {
    if ((error as { status?: unknown } | null)?.status !== 403) throw error
    unread.push(sentence)
    return []
  }
}
