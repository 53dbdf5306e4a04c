/** The end of all dates: a service may say any time, and a limit is added to it. */
const lastMs = 8.64e15

/** Formats ms since the epoch as people read it, to the second. */
export const isoSeconds = (ms: number): string => new Date(Math.min(ms, lastMs)).toISOString().replace(/\.\d+Z$/, 'Z')
