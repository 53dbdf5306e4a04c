/** What came of a test file. */
export interface Verdict {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Failures with their diagnostics, and comments. */
  readonly said: readonly string[]
}

interface Read {
  readonly said: string[]
  readonly summary: string | undefined
  /** Processor time, as far as it was told. */
  readonly seconds: number
}

/** Passing assertions are only counted; failures are kept with their diagnostics, comments (figures) always. */
export async function readTap(lines: AsyncIterable<string> | Iterable<string>): Promise<Read> {
  const said: string[] = []
  let summary: string | undefined
  let seconds = 0
  let telling = false
  for await (const line of lines) {
    const counts = /^# \{ total: .* \}$/.exec(line)?.[0]
    if (counts !== undefined) {
      summary = counts
      continue
    }
    seconds = Number(/^# processor=([\d.]+)s$/.exec(line)?.[1] ?? seconds)
    if (/^\s*not ok \d+ - |^Bail out!/.test(line)) telling = true
    else if (/^\s*ok \d+ - |^\s*# Subtest/.test(line)) telling = false
    if (telling || /^\s*# (?!Subtest|time=|processor=|over )/.test(line)) said.push(line)
  }
  return { said, summary, seconds }
}

/** A file that died, or that asserted nothing, has not passed. */
export function judge({ said, summary = '' }: Omit<Read, 'seconds'>, wrong: string | undefined): Verdict {
  const count = (what: string) => Number(new RegExp(`${what}: (\\d+)`).exec(summary)?.[1] ?? 0)
  const counts = { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') }
  const why = wrong ?? (counts.passed + counts.failed + counts.skipped === 0 ? 'asserted nothing' : undefined)
  if (counts.failed > 0 || why === undefined) return { ...counts, said }
  return { ...counts, failed: 1, said: [...said, `not ok - the file ${why}`] }
}
