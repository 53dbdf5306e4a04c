const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Parses a duration into ms, `15m` → 900000; null where it is not one. */
export function durationMs(text: string): number | null {
  const match = /^([1-9][0-9]{0,8})(ms|s|m|h|d)$/.exec(text)
  return match === null ? null : Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
}
