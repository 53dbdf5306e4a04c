/** A semaphore (concurrency limit): runs at most so many tasks at once, the rest first in, first out. */
export interface Slots {
  /** Waits for a slot, or rejects with the signal's reason when that aborts first. */
  run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T>
}

/** Limits what we ask of one service at a time: OpenStack has no rate limit of its own, it only becomes slow. */
export function createSlots(count: number): Slots {
  let free = count
  const waiting: (() => void)[] = []

  async function take(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw signal.reason
    if (free > 0) {
      free -= 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        waiting.splice(waiting.indexOf(enter), 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      waiting.push(enter)
    })
  }

  function give(): void {
    const next = waiting.shift()
    if (next) next()
    else free += 1
  }

  return {
    run: async (signal, task) => {
      await take(signal)
      try {
        return await task()
      } finally {
        give()
      }
    }
  }
}
