import fc from 'fast-check'
import type { Target } from './target.ts'

/** What a campaign against one target came to. */
export interface Campaign {
  readonly inputs: number
  readonly seconds: number
  /** What became of the inputs, by word. */
  readonly outcomes: ReadonlyMap<string, number>
  readonly slowestMs: number
  /** The smallest input that breaks what has to hold, with the reason; null where none was found. */
  readonly found: { readonly input: unknown; readonly reason: string } | null
}

/** Tries so many inputs of a target, the same ones for the same seed; a failure is shrunk, and ends it. */
export async function campaign(target: Target, runs: number, seed: number): Promise<Campaign> {
  const outcomes = new Map<string, number>()
  let inputs = 0
  let slowestMs = 0
  const began = performance.now()
  const property = fc.asyncProperty(target.inputs, async (input) => {
    inputs += 1
    const start = performance.now()
    const outcome = await target.check(input)
    slowestMs = Math.max(slowestMs, performance.now() - start)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  })
  const result = await fc.check(property, { numRuns: runs, seed })
  await target.close?.()
  const found = result.failed
    ? { input: result.counterexample?.[0], reason: String((result.errorInstance as Error | null)?.message) }
    : null
  return { inputs, seconds: (performance.now() - began) / 1000, outcomes, slowestMs, found }
}
