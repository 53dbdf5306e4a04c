/** Clocks differ by so much every day; what is further ahead was written while a clock was wrong, and does not count. */
export const aheadMs = 60_000
