/** Back-pressure by bytes: counts what is in memory, as a broker's prefetch counts messages only, and one may have 16 MB. */
export interface ByteBudget {
  /** A message has come that is not stored yet. */
  took(bytes: number): void
  /** What was taken is stored, and gone from memory. */
  gave(bytes: number): void
  held(): number
}

/** Makes the back-pressure of a consumer: calls `pause` once more than `most` bytes are held, and `resume` when half of them are gone: one after the other, never both. */
export function createByteBudget(
  most: number,
  pause: () => Promise<unknown>,
  resume: () => Promise<unknown>
): ByteBudget {
  let held = 0
  let paused = false
  let busy: Promise<unknown> | null = null

  function settle(): void {
    if (busy !== null || (paused ? held > most / 2 : held <= most)) return
    paused = !paused
    busy = (paused ? pause() : resume()).finally(() => {
      busy = null
      settle()
    })
  }

  return {
    took(bytes) {
      held += bytes
      settle()
    },
    gave(bytes) {
      held -= bytes
      settle()
    },
    held: () => held
  }
}
