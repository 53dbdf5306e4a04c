/** What a benchmark says; `ratio` is how close to (or ahead of) the reference we are: higher is better, always. */
export interface BenchResult {
  readonly name: string
  readonly unit: string
  readonly ours: number
  readonly reference: number
  readonly referenceName: string
  readonly ratio: number
  readonly [more: string]: unknown
}

export interface BenchOptions {
  readonly rounds: number
  /** For people; goes to stderr where stdout is for machines. */
  readonly print: (line: string) => void
}

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return { median: sorted[Math.floor(sorted.length / 2)]!, least: sorted[0]!, most: sorted.at(-1)! }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** `24,300/s (22,900 to 25,100)` */
export function show({ median, least, most }: Spread, unit: string): string {
  const n = (value: number) => Math.round(value).toLocaleString('en')
  return `${n(median)} ${unit} (${n(least)} to ${n(most)})`
}
