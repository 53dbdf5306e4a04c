/** The queue of each caller for what costs much: one question at a time. */
export interface Turns {
  /** Resolves when it is the caller's turn, with what ends it; null: too many of the caller's wait already. */
  take(caller: string): Promise<(() => void) | null>
}

/** Makes the queue of each caller; `waiting`: so many more of a caller's questions wait for the one that is being answered. */
export function createTurns(waiting: number): Turns {
  const callers = new Map<string, (() => void)[]>()
  const end = (caller: string) => () => {
    const next = callers.get(caller)?.shift()
    if (next === undefined) callers.delete(caller)
    else next()
  }
  return {
    async take(caller) {
      const queue = callers.get(caller)
      if (queue === undefined) callers.set(caller, [])
      else if (queue.length >= waiting) return null
      else await new Promise<void>((resolve) => queue.push(resolve))
      return end(caller)
    }
  }
}
