// Runs test files, in few processes or each in one of its own, and counts what they say in TAP.
import { alone } from './alone.ts'
import { runFile, runTogether, type Tell } from './file-process.ts'

/** What a run of test files came to. */
export interface Counted {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Files that failed. */
  readonly broken: readonly string[]
  /** Processor seconds of each file, the dearest first. */
  readonly processor: readonly { readonly file: string; readonly seconds: number }[]
}

export interface Ways {
  /** Processes at the same time. */
  readonly jobs: number
  /** How long a file may take before it is ended. */
  readonly timeoutSeconds: number
  readonly env: Readonly<Record<string, string>>
}

/** Runs these files and prints what failed, every figure (TAP's comments), and one line for each file. */
export async function runFiles(files: readonly string[], ways: Ways): Promise<Counted> {
  const { true: single = [], false: shared = [] } = Object.groupBy(files.toSorted(), (file) => `${alone(file)}`)
  const total = { passed: 0, failed: 0, skipped: 0 }
  const broken: string[] = []
  const processor: { file: string; seconds: number }[] = []
  const tell: Tell = (file, { said, ...counts }, { ms, seconds }) => {
    for (const what of ['passed', 'failed', 'skipped'] as const) total[what] += counts[what]
    if (counts.failed > 0) broken.push(file)
    for (const line of said) console.log(`    ${line}`)
    processor.push({ file, seconds })
    const figures = `${counts.passed} passed, time=${ms.toFixed(0)}ms, processor=${seconds.toFixed(2)}s`
    console.log(`${counts.failed > 0 ? 'not ok' : 'ok'} ${processor.length} - ${file} # ${figures}`)
  }
  const work = async () => {
    for (let file = single.shift(); file !== undefined; file = single.shift()) await runFile(file, ways, tell)
    while (shared.length > 0) await runTogether(() => shared.shift(), ways, tell)
  }
  await Promise.all(Array.from({ length: ways.jobs }, work))
  return { ...total, broken, processor: processor.toSorted((a, b) => b.seconds - a.seconds) }
}
