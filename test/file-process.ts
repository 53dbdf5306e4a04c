// Test files as processes, with plain `node` and not with tap's command: that puts hooks for coverage, mocks and TypeScript before
// every module of every file, which no test here needs and which took a file from 1.6 s to 2.0 s.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Ways } from './files.ts'
import { judge, readTap, type Verdict } from './verdict.ts'

/** Takes what came of a file, and what it took. */
export type Tell = (file: string, ran: Verdict, took: { readonly ms: number; readonly seconds: number }) => void

/** How many files share a process at most, so that it does not grow without end. */
const most = 40
/** How long the output of a process that has ended may stay open. */
const endingMs = 20_000
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** One file, in a process of its own. */
export async function runFile(file: string, { timeoutSeconds, env }: Omit<Ways, 'jobs'>, tell: Tell): Promise<void> {
  const begun = performance.now()
  // tap in the file ends a test that takes too long, and says which.
  const { child, lines, ended } = start(file, { ...env, TAP_TIMEOUT: String(timeoutSeconds) })
  child.stdin.end()
  const waiting = patience(child, timeoutSeconds)
  const read = await readTap(lines)
  const wrong = await ended()
  clearTimeout(waiting)
  tell(file, judge(read, wrong), { ms: performance.now() - begun, seconds: read.seconds })
}

/**
 * Files one after another in one process (`test/together.ts`), until there are no more or it had enough of them. A file in which
 * the process dies has failed, and the others go on in the next one.
 */
export async function runTogether(
  next: () => string | undefined,
  { timeoutSeconds, env }: Omit<Ways, 'jobs'>,
  tell: Tell
): Promise<void> {
  // Each file has its own time, not all of them together.
  const times = { TAP_TIMEOUT: '0', REFLEX_TEST_FILE_SECONDS: String(timeoutSeconds) }
  const { child, lines, ended } = start('test/together.ts', { ...env, ...times })
  const had: string[] = []
  let file: string | undefined
  let failed = false
  let begun = 0
  let waiting: NodeJS.Timeout | undefined
  let said: string[] = []
  const turn = () => {
    clearTimeout(waiting)
    said = []
    file = had.length < most ? next() : undefined
    if (file === undefined) return child.stdin.end()
    had.push(file)
    begun = performance.now()
    waiting = patience(child, timeoutSeconds)
    child.stdin.write(`${file}\n`)
  }
  const told = async (name: string, wrong: string | undefined, whole = true) => {
    const read = await readTap(said)
    const ran = judge(read, wrong)
    // Not as a whole: it took too long, or something failed after its last assertion.
    const verdict = whole || ran.failed > 0 ? ran : { ...ran, failed: 1 }
    failed ||= verdict.failed > 0
    tell(name, verdict, { ms: performance.now() - begun, seconds: read.seconds })
  }
  turn()
  for await (const line of lines) {
    said.push(line)
    const over = /^# over (ok|not ok)$/.exec(line)?.[1]
    if (file === undefined || over === undefined) continue
    await told(file, undefined, over === 'ok')
    turn()
  }
  const wrong = await ended()
  clearTimeout(waiting)
  // At its end it tells the sums of all files.
  said = said.filter((line) => !/^# (\{ total|processor)/.test(line))
  if (file !== undefined) return told(file, wrong ?? 'ended the process')
  // That one failed shows in the code as well.
  if (wrong !== undefined && !failed) return told(`all of ${had.join(', ')}`, wrong)
}

/** A process with this main file, which speaks TAP. */
function start(file: string, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['--import=./test/unhooked.ts', '--import=./test/ending.ts', file], {
    env: { ...process.env, ...env, TAP: '1', REFLEX_TEST_PROCESSOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit']
  })
  running.add(child)
  const lines = createInterface({ input: child.stdout })
  let wrong: string | undefined
  let holding: NodeJS.Timeout | undefined
  // A process that it started may still hold its output.
  const left = () => {
    wrong ??= 'left a process running that it started'
    lines.close()
  }
  child.stdin.on('error', () => {})
  child.once('error', (error) => {
    wrong = `could not be started: ${error.message}`
    lines.close()
  })
  child.once('exit', (code, signal) => {
    running.delete(child)
    if (code !== 0) wrong = `ended with ${signal ?? `code ${code}`}`
    holding = setTimeout(left, endingMs)
  })
  /** What was wrong with how it ended. */
  const ended = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    clearTimeout(holding)
    return wrong
  }
  return { child, lines, ended }
}

/** Ends one that does not come so far that it ends itself, because it never leaves a loop. */
const patience = (child: ChildProcess, seconds: number) =>
  setTimeout(() => child.kill('SIGKILL'), (seconds + 15) * 1000)
