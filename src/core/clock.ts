/** Clocks differ by so much every day; what is further ahead was written while a clock was wrong, and does not count. */
export const aheadMs = 60_000

/** No lease and no retry is longer: what is due later was set by a clock that was ahead. */
export const longestMs = 3_600_000
