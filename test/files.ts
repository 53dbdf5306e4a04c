// Runs test files, each as a process of its own, and counts what they say in TAP. With plain `node` and not with tap's command:
// that puts hooks for coverage, mocks and TypeScript before every module of every file, which no test here needs and which took
// a file from 1.6 s to 2.0 s.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** What a run of test files came to. */
export interface Counted {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Files that failed. */
  readonly broken: readonly string[]
}

export interface Ways {
  /** Files at the same time. */
  readonly jobs: number
  /** How long a file may take before it is ended. */
  readonly timeoutSeconds: number
  readonly env: Readonly<Record<string, string>>
}

/** How long the output of a file that has ended may stay open. */
const endingMs = 20_000
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Runs these files and prints what failed, every figure (TAP's comments), and one line for each file. */
export async function runFiles(files: readonly string[], ways: Ways): Promise<Counted> {
  const waiting = files.toSorted()
  const total = { passed: 0, failed: 0, skipped: 0 }
  const broken: string[] = []
  let ended = 0
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const begun = performance.now()
      const { said, ...counts } = await runFile(file, ways)
      for (const what of ['passed', 'failed', 'skipped'] as const) total[what] += counts[what]
      if (counts.failed > 0) broken.push(file)
      for (const line of said) console.log(`    ${line}`)
      const took = (performance.now() - begun).toFixed(0)
      console.log(`${counts.failed > 0 ? 'not ok' : 'ok'} ${++ended} - ${file} # time=${took}ms`)
    }
  }
  await Promise.all(Array.from({ length: ways.jobs }, work))
  return { ...total, broken }
}

interface Ran extends Omit<Counted, 'broken'> {
  /** Failures with their diagnostics, and comments. */
  readonly said: readonly string[]
}

/** One file, as a process of its own. */
export async function runFile(file: string, { timeoutSeconds, env }: Omit<Ways, 'jobs'>): Promise<Ran> {
  const child = spawn(process.execPath, ['--import=./test/unhooked.ts', '--import=./test/ending.ts', file], {
    // tap in the file ends a test that takes too long, and says which.
    env: { ...process.env, ...env, TAP: '1', TAP_TIMEOUT: String(timeoutSeconds) },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  running.add(child)
  const lines = createInterface({ input: child.stdout })
  let wrong: string | undefined
  let holding: NodeJS.Timeout | undefined
  // One that does not come so far, because it never leaves a loop.
  const patience = setTimeout(() => child.kill('SIGKILL'), (timeoutSeconds + 15) * 1000)
  // A process that the file started may still hold its output.
  const left = () => {
    wrong ??= 'left a process running that it started'
    lines.close()
  }
  child.once('error', (error) => {
    wrong = `could not be started: ${error.message}`
    lines.close()
  })
  child.once('exit', (code, signal) => {
    clearTimeout(patience)
    running.delete(child)
    if (code !== 0) wrong = `ended with ${signal ?? `code ${code}`}`
    holding = setTimeout(left, endingMs)
  })
  const read = await readTap(lines)
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  clearTimeout(holding)
  return judge(read, wrong)
}

interface Read {
  readonly said: string[]
  readonly summary: string | undefined
}

/** Passing assertions are only counted; failures are kept with their diagnostics, comments (figures) always. */
export async function readTap(lines: AsyncIterable<string>): Promise<Read> {
  const said: string[] = []
  let summary: string | undefined
  let telling = false
  for await (const line of lines) {
    const counts = /^# \{ total: .* \}$/.exec(line)?.[0]
    if (counts !== undefined) {
      summary = counts
      continue
    }
    if (/^\s*not ok \d+ - |^Bail out!/.test(line)) telling = true
    else if (/^\s*ok \d+ - |^\s*# Subtest/.test(line)) telling = false
    if (telling || /^\s*# (?!Subtest|time=)/.test(line)) said.push(line)
  }
  return { said, summary }
}

/** A file that died, or that asserted nothing, has not passed. */
export function judge({ said, summary = '' }: Read, wrong: string | undefined): Ran {
  const count = (what: string) => Number(new RegExp(`${what}: (\\d+)`).exec(summary)?.[1] ?? 0)
  const counts = { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') }
  const why = wrong ?? (counts.passed + counts.failed + counts.skipped === 0 ? 'asserted nothing' : undefined)
  if (counts.failed > 0 || why === undefined) return { ...counts, said }
  return { ...counts, failed: 1, said: [...said, `not ok - the file ${why}`] }
}
