import { mostTries } from '../../core/failure.ts'

/** So long one attempt watches a controller: its lease is 60 s. */
export const watchMs = 40_000

/** Returns how soon it is looked at again, poll by poll, in ms. */
export const pollMs = (poll: number): number => [300, 500, 700, 1000, 1500][poll] ?? 2000

/**
 * Returns when the next attempt looks, which only reads. Only so many tries are made: they must last beyond the deadline, or what keeps
 * the controller would never be told. Two are left for calls that fail.
 */
export const lookAgainMs = (deadlineMs: number): number => Math.max(10_000, deadlineMs / (mostTries - 2) - watchMs)
