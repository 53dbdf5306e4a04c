/**
 * Computes a back-off with full jitter: tries 1, 2, 3 … wait at most 1, 2, 4 … s, and never longer than a minute.
 *
 * | try  | 1    | 2    | 3    | 4    | 5     | 6     | 7 …   |
 * | most | 1 s  | 2 s  | 4 s  | 8 s  | 16 s  | 32 s  | 60 s  |
 *
 * `random` is in [0, 1); half of the wait is fixed, so that a retry is never immediate.
 */
export function backoffMs(tries: number, random: number): number {
  const most = Math.min(60_000, 1000 * 2 ** Math.min(tries - 1, 16))
  return Math.round(most / 2 + (most / 2) * random)
}
