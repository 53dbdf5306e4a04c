/** The state of the conversation: the calls in progress, and the decisions that were announced, so that nobody hears of one twice. */
export interface Said {
  /** Ids of the calls that are worked. */
  readonly working: Set<string>
  /** Whoever asked was told what was decided. */
  tell(decision: number): void
  isTold(decision: number): boolean
}

const mostKept = 1000

/** Makes the record of calls in progress and announced decisions, in memory, bounded. */
export function createSaid(): Said {
  const told = new Set<number>()
  return {
    working: new Set(),
    tell(decision) {
      told.add(decision)
      for (const one of told) if (told.size > mostKept) told.delete(one)
    },
    isTold: (decision) => told.has(decision)
  }
}
