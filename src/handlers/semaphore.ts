/** A counting semaphore: a few at a time, the others wait for their turn. */
export interface Semaphore {
  /** Resolves when it is one's turn; what it gives ends the turn. */
  take(): Promise<() => void>
}

/** Makes a counting semaphore of `atOnce` permits, first come, first served. */
export function createSemaphore(atOnce: number): Semaphore {
  let free = atOnce
  const waiting: (() => void)[] = []
  const end = () => {
    free++
    waiting.shift()?.()
  }
  return {
    async take() {
      if (free <= 0) await new Promise<void>((resolve) => waiting.push(resolve))
      free--
      let ended = false
      return () => {
        if (ended) return
        ended = true
        end()
      }
    }
  }
}
